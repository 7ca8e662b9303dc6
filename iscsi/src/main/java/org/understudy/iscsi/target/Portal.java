package org.understudy.iscsi.target;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.pdu.PlainTransport;
import org.understudy.iscsi.pdu.TlsTransport;
import org.understudy.iscsi.pdu.Transport;

/**
 * A listening address. Its thread accepts and hands over, and does nothing else: whatever a peer sends or leaves out is dealt
 * with on the thread of its connection.
 */
final class Portal implements Closeable {

    private static final Logger log = LoggerFactory.getLogger(Portal.class);
    private static final int BACKLOG = 128;
    private static final long PAUSE_AFTER_FAILURE_MILLIS = 100;

    private final @Nullable ServerSocketChannel channel;
    private final ServerSocket socket;
    private final @Nullable SSLContext tls;
    private final Consumer<Accepted> handler;
    private final Thread thread;
    private volatile boolean closed;

    /** A connection that was accepted and not yet looked at. */
    record Accepted(Connection.Opening opening, InetSocketAddress remote, InetSocketAddress local) {}

    private Portal(
            @Nullable ServerSocketChannel channel,
            ServerSocket socket,
            @Nullable SSLContext tls,
            Consumer<Accepted> handler) {
        this.channel = channel;
        this.socket = socket;
        this.tls = tls;
        this.handler = handler;
        this.thread = new Thread(this::acceptAll, "iscsi-portal-" + socket.getLocalPort());
        thread.setDaemon(true);
    }

    static Portal plain(InetSocketAddress address, Consumer<Accepted> handler) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.bind(address, BACKLOG);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return new Portal(channel, channel.socket(), null, handler);
    }

    static Portal tls(InetSocketAddress address, SSLContext context, Consumer<Accepted> handler) throws IOException {
        ServerSocket socket = new ServerSocket();
        try {
            socket.setReuseAddress(true);
            socket.bind(address, BACKLOG);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
        return new Portal(null, socket, context, handler);
    }

    void start() {
        thread.start();
    }

    int port() {
        return socket.getLocalPort();
    }

    private void acceptAll() {
        while (!closed) {
            try {
                handler.accept(channel == null ? acceptTls() : acceptPlain(channel));
            } catch (IOException e) {
                if (!closed) {
                    // Out of descriptors, most likely: others must get the chance to release some.
                    log.warn("a connection could not be accepted", e);
                    pause();
                }
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_AFTER_FAILURE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Accepted acceptPlain(ServerSocketChannel server) throws IOException {
        SocketChannel accepted = server.accept();
        Connection.Opening opening = new Connection.Opening() {
            @Override
            public Transport open() throws IOException {
                return new PlainTransport(accepted);
            }

            @Override
            public void close() {
                closeQuietly(accepted);
            }
        };
        try {
            return new Accepted(opening, (InetSocketAddress) accepted.getRemoteAddress(), (InetSocketAddress)
                    accepted.getLocalAddress());
        } catch (IOException e) {
            opening.close();
            throw e;
        }
    }

    private Accepted acceptTls() throws IOException {
        Socket accepted = socket.accept();
        SSLContext context = java.util.Objects.requireNonNull(tls);
        Connection.Opening opening = new Connection.Opening() {
            @Override
            public Transport open() throws IOException {
                return TlsTransport.accept(context, accepted);
            }

            @Override
            public boolean tls() {
                return true;
            }

            @Override
            public void close() {
                closeQuietly(accepted);
            }
        };
        return new Accepted(opening, (InetSocketAddress) accepted.getRemoteSocketAddress(), (InetSocketAddress)
                accepted.getLocalSocketAddress());
    }

    private static void closeQuietly(Closeable resource) {
        try {
            resource.close();
        } catch (IOException e) {
            log.debug("closing an accepted connection", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        closeQuietly(channel == null ? socket : channel);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
