package org.understudy.privileges.client;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Codec;
import org.understudy.privileges.protocol.Deadlines;
import org.understudy.privileges.protocol.Frames;
import org.understudy.privileges.protocol.Request;

/**
 * Asks the daemon. Connections are made when needed and kept for the next call; one that the daemon closed meanwhile is replaced
 * once without the caller noticing, which is right because every verb is idempotent. Thread-safe; calls run side by side.
 */
public final class PrivilegesClient implements AutoCloseable {

    /** Longer than the stall limit of a command of ZFS. */
    private static final Duration ANSWER_LIMIT = Duration.ofMinutes(15);

    private static final int MAX_KEPT = 8;
    private static final Logger log = LoggerFactory.getLogger(PrivilegesClient.class);

    private final UnixDomainSocketAddress address;
    private final Duration answerLimit;
    private final Deadlines deadlines = new Deadlines("privileges-client");
    private final Deque<SocketChannel> kept = new ArrayDeque<>();
    private boolean closed;

    public PrivilegesClient(Path socket) {
        this(socket, ANSWER_LIMIT);
    }

    PrivilegesClient(Path socket, Duration answerLimit) {
        this.address = UnixDomainSocketAddress.of(socket);
        this.answerLimit = answerLimit;
    }

    /**
     * Asks and waits for the answer.
     *
     * @param type the answer that this request has
     * @throws ProblemException what the daemon refuses; {@code PRIVILEGES_UNAVAILABLE} if it cannot be reached;
     *     {@code PROTOCOL_VIOLATION} if it answers something else
     */
    public <A extends Answer> A ask(Request request, Class<A> type) {
        Answer answer = ask(request);
        if (answer instanceof Answer.Refused refused) {
            throw refused.problem().asException();
        }
        if (!type.isInstance(answer)) {
            throw Problem.of(
                            ProblemCode.PROTOCOL_VIOLATION,
                            "reason",
                            answer.getClass().getSimpleName() + " to "
                                    + request.getClass().getSimpleName())
                    .asException();
        }
        return type.cast(answer);
    }

    /** As {@link #ask(Request, Class)}, with refusals as answers. */
    public Answer ask(Request request) {
        byte[] message = Codec.write(request);
        SocketChannel old = take();
        if (old != null) {
            try {
                return exchange(old, message);
            } catch (IOException e) {
                log.debug("the kept connection had ended: {}", e.toString());
            }
        }
        try {
            return exchange(connect(), message);
        } catch (IOException e) {
            throw Problem.of(ProblemCode.PRIVILEGES_UNAVAILABLE).asException(e);
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(address);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private Answer exchange(SocketChannel channel, byte[] message) throws IOException {
        try {
            byte[] answer = deadlines.within(answerLimit, channel, () -> {
                Frames.write(channel, message);
                int length = Frames.readLength(channel)
                        .orElseThrow(() -> new EOFException("the daemon closed the connection"));
                return Frames.readBody(channel, length);
            });
            Answer read = Codec.readAnswer(answer);
            keep(channel);
            return read;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private synchronized @Nullable SocketChannel take() {
        return kept.pollFirst();
    }

    private synchronized void keep(SocketChannel channel) throws IOException {
        if (closed || kept.size() >= MAX_KEPT) {
            channel.close();
        } else {
            kept.addFirst(channel);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        deadlines.close();
        for (SocketChannel channel : kept) {
            try {
                channel.close();
            } catch (IOException e) {
                log.debug("closing a connection: {}", e.toString());
            }
        }
        kept.clear();
    }
}
