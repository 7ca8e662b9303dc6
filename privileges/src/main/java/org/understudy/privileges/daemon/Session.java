package org.understudy.privileges.daemon;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Codec;
import org.understudy.privileges.protocol.Deadlines;
import org.understudy.privileges.protocol.Frames;

/** One connection: request, answer, request, answer. The first broken frame ends it. Runs on a thread of its own. */
final class Session implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(Session.class);

    private final SocketChannel channel;
    private final Caller caller;
    private final Gate gate;
    private final Deadlines deadlines;
    private final Limits limits;
    private volatile boolean idle = true;

    Session(SocketChannel channel, Caller caller, Gate gate, Deadlines deadlines, Limits limits) {
        this.channel = channel;
        this.caller = caller;
        this.gate = gate;
        this.deadlines = deadlines;
        this.limits = limits;
    }

    /** Whether it waits for a request; then it may be closed in favour of another connection. */
    boolean isIdle() {
        return idle;
    }

    @Override
    public void run() {
        try (channel) {
            while (true) {
                idle = true;
                Optional<Integer> length = nextLength();
                idle = false;
                if (length.isEmpty()) {
                    return;
                }
                byte[] frame = body(length.get());
                Answer answer = gate.answer(caller, frame);
                if (answer instanceof Answer.Refused) {
                    slowDown();
                }
                byte[] bytes = Codec.write(answer);
                deadlines.within(limits.transfer(), channel, () -> {
                    Frames.write(channel, bytes);
                    return true;
                });
            }
        } catch (ClosedChannelException e) {
            log.debug("connection of {} was idle or slow, and was closed", caller);
        } catch (IOException e) {
            log.debug("connection of {} ended: {}", caller, e.toString());
        }
    }

    private Optional<Integer> nextLength() throws IOException {
        try {
            return deadlines.within(limits.idle(), channel, () -> Frames.readLength(channel));
        } catch (Frames.BadLengthException e) {
            gate.noteRefusal(caller, String.valueOf(e.getMessage()));
            slowDown();
            throw e;
        }
    }

    private byte[] body(int length) throws IOException {
        try {
            return deadlines.within(limits.transfer(), channel, () -> Frames.readBody(channel, length));
        } catch (IOException e) {
            gate.noteRefusal(caller, "a frame of " + length + " bytes that did not come to its end");
            throw e;
        }
    }

    /** Who only tries things out fills the log slowly. */
    private void slowDown() throws IOException {
        try {
            Thread.sleep(limits.afterRefusal().toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the daemon stops", e);
        }
    }

    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            log.debug("closing a connection of {}: {}", caller, e.toString());
        }
    }
}
