package org.understudy.server.protection.internal.runs;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.server.protection.RunProgress;

/** Turns what an agent reports into rate and time left. One use per transfer; called by one thread at a time. */
final class TransferMeter {

    private static final long WINDOW_NANOS = Duration.ofSeconds(5).toNanos();
    private static final long PUBLISH_NANOS = Duration.ofMillis(500).toNanos();

    private final Deque<Sample> samples = new ArrayDeque<>();
    private int pass;
    private long lastPublished;
    private boolean published;

    private record Sample(long nanos, long doneBytes) {}

    /** @param nanos by {@code System.nanoTime} */
    synchronized RunProgress update(AgentMessage.Progress report, long nanos) {
        if (report.pass() != pass) {
            pass = report.pass();
            samples.clear();
        }
        samples.addLast(new Sample(nanos, report.doneBytes()));
        // The oldest kept sample is the last one outside the window, so that a slow reporter has a rate too.
        while (samples.size() > 2 && nanos - second().nanos() >= WINDOW_NANOS) {
            samples.removeFirst();
        }
        Sample oldest = samples.getFirst();
        long elapsed = nanos - oldest.nanos();
        long read = report.doneBytes() - oldest.doneBytes();
        long rate = elapsed <= 0 || read <= 0 ? 0 : (long) (read / (elapsed / 1e9));
        long left = Math.max(0, report.totalBytes() - report.doneBytes());
        Optional<Duration> timeLeft =
                rate > 0 ? Optional.of(Duration.ofMillis((long) (left * 1000.0 / rate))) : Optional.empty();
        return new RunProgress(
                report.pass(), report.doneBytes(), report.totalBytes(), report.sentBytes(), rate, timeLeft);
    }

    /** Whether enough time has passed to tell people again. */
    synchronized boolean publishNow(long nanos) {
        if (published && nanos - lastPublished < PUBLISH_NANOS) {
            return false;
        }
        published = true;
        lastPublished = nanos;
        return true;
    }

    private Sample second() {
        var iterator = samples.iterator();
        iterator.next();
        return iterator.next();
    }
}
