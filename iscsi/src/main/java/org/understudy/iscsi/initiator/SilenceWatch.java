package org.understudy.iscsi.initiator;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.PduWriter;

/**
 * Finds a target that does not answer any more: no byte moved for half the timeout, and it is pinged; for all of it, and the link
 * ends. A target that answers pings and finishes nothing for ten timeouts ends it too. Runs on the thread that keeps time for all
 * sessions and never waits.
 */
final class SilenceWatch {

    /** How many timeouts long a target may answer pings and nothing else. */
    private static final int PINGS_ONLY_TIMEOUTS = 10;

    private final Link link;
    private final Duration timeout;
    private final PduReader reader;
    private final PduWriter writer;
    private @Nullable ScheduledFuture<?> turns;
    private boolean cancelled;
    private long received;
    private long sent;
    private volatile long quietSinceNanos = System.nanoTime();
    private boolean pinged;

    SilenceWatch(Link link, Duration timeout, PduReader reader, PduWriter writer) {
        this.link = link;
        this.timeout = timeout;
        this.reader = reader;
        this.writer = writer;
    }

    synchronized void start() {
        if (!cancelled) {
            turns = Watch.every(Duration.ofMillis(Math.max(10, timeout.toMillis() / 4)), this::look);
        }
    }

    synchronized void cancel() {
        cancelled = true;
        if (turns != null) {
            turns.cancel(false);
        }
    }

    /** The first command after a pause was sent: silence counts from now. */
    void begins(long now) {
        quietSinceNanos = now;
    }

    private void look() {
        long now = System.nanoTime();
        long nowReceived = reader.bytesReceived();
        long nowSent = writer.bytesSent();
        boolean progress = nowReceived != received || nowSent != sent && writer.stuckSinceNanos() != 0;
        sent = nowSent;
        long waitingSince = link.waitingSinceNanos();
        if (waitingSince != 0 && now - waitingSince > PINGS_ONLY_TIMEOUTS * timeout.toNanos()) {
            link.endSoon("target is there but finished no command for " + Duration.ofNanos(now - waitingSince));
            return;
        }
        if (waitingSince == 0 || progress) {
            received = nowReceived;
            quietSinceNanos = now;
            pinged = false;
            return;
        }
        long silent = now - quietSinceNanos;
        if (silent > timeout.toNanos()) {
            link.endSoon("target was silent for " + timeout);
        } else if (silent > timeout.toNanos() / 2 && !pinged) {
            pinged = true;
            link.ping();
        }
    }
}
