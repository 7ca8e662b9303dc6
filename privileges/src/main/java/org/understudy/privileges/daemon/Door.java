package org.understudy.privileges.daemon;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.privileges.protocol.Deadlines;

/**
 * One listening socket for one user. Three things keep others out: the directory can be entered by its group only, the socket
 * has modes of its own, and the kernel is asked for the user of each connection. Thread-safe.
 */
final class Door implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Door.class);

    private static final Duration PAUSE = Duration.ofMillis(200);

    /**
     * Where a door is and for whom.
     *
     * @param socket path of the socket; its directory is made and belongs to root and the group
     * @param user the only user who is let in
     * @param group who may enter the directory; null: root alone
     */
    record Place(
            Path socket,
            Caller.Role role,
            UserPrincipal user,
            @Nullable GroupPrincipal group) {}

    private final Place place;
    private final Gate gate;
    private final Limits limits;
    private final Deadlines deadlines;
    private final ServerSocketChannel listener;
    private final Set<Session> sessions = new LinkedHashSet<>();
    private boolean closed;

    private Door(Place place, Gate gate, Limits limits, Deadlines deadlines, ServerSocketChannel listener) {
        this.place = place;
        this.gate = gate;
        this.limits = limits;
        this.deadlines = deadlines;
        this.listener = listener;
    }

    /** Opens it; what a dead daemon left at this path goes first. */
    static Door open(Place place, Gate gate, Limits limits, Deadlines deadlines) throws IOException {
        Path directory =
                Objects.requireNonNull(place.socket().toAbsolutePath().getParent(), "a socket has a directory");
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (Files.exists(place.socket(), LinkOption.NOFOLLOW_LINKS)) {
            if (Files.isRegularFile(place.socket(), LinkOption.NOFOLLOW_LINKS)
                    || Files.isDirectory(place.socket(), LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(place.socket() + " is there and is no socket");
            }
            Files.delete(place.socket());
        }
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listener.bind(UnixDomainSocketAddress.of(place.socket()), limits.connections());
            permit(place.socket(), place.group(), "rw-------", "rw-rw----");
            // Last: until now nobody but root could reach the socket.
            permit(directory, place.group(), "rwx------", "rwxr-x---");
        } catch (IOException | RuntimeException e) {
            listener.close();
            throw e;
        }
        Door door = new Door(place, gate, limits, deadlines, listener);
        Thread accepting = new Thread(door::accept, "door-" + place.role());
        accepting.setDaemon(true);
        accepting.start();
        return door;
    }

    private static void permit(Path path, @Nullable GroupPrincipal group, String alone, String shared)
            throws IOException {
        PosixFileAttributeView view =
                Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (group != null) {
            view.setGroup(group);
        }
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(group == null ? alone : shared));
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                receive(listener.accept());
            } catch (ClosedChannelException e) {
                log.debug("{} is closed", place.socket());
            } catch (IOException | RuntimeException e) {
                log.error("no connection could be taken on {}", place.socket(), e);
                pause();
            }
        }
    }

    /** What is exhausted, such as file descriptors, is not asked for in a tight loop. */
    private static void pause() {
        LockSupport.parkNanos(PAUSE.toNanos());
    }

    private void receive(SocketChannel channel) throws IOException {
        UnixDomainPrincipal peer;
        try {
            peer = channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        Caller caller = new Caller(place.role(), peer.user().getName());
        if (!peer.user().equals(place.user())) {
            channel.close();
            gate.noteRefusal(caller, "this socket is not for that user");
            return;
        }
        Session session = new Session(channel, caller, gate, deadlines, limits);
        if (!admit(session)) {
            channel.close();
            gate.noteRefusal(caller, "too many connections");
            return;
        }
        Thread thread = new Thread(() -> serve(session), "session-" + place.role());
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Session session) {
        try {
            session.run();
        } finally {
            synchronized (sessions) {
                sessions.remove(session);
            }
        }
    }

    /** A full house lets the connection go that has been open longest without being at work. */
    private boolean admit(Session newcomer) {
        synchronized (sessions) {
            if (closed) {
                return false;
            }
            if (sessions.size() >= limits.connections()) {
                Iterator<Session> all = sessions.iterator();
                boolean room = false;
                while (!room && all.hasNext()) {
                    Session session = all.next();
                    if (session.isIdle()) {
                        all.remove();
                        session.close();
                        room = true;
                    }
                }
                if (!room) {
                    return false;
                }
            }
            return sessions.add(newcomer);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        synchronized (sessions) {
            closed = true;
            sessions.forEach(Session::close);
            sessions.clear();
        }
        Files.deleteIfExists(place.socket());
    }
}
