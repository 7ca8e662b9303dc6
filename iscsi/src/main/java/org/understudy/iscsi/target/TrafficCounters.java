package org.understudy.iscsi.target;

import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts what a session does, and with it what its target does. Thread-safe. */
final class TrafficCounters {

    private final @Nullable TrafficCounters whole;
    private final LongAdder bytesRead = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();
    private final LongAdder commands = new LongAdder();
    private final LongAdder errors = new LongAdder();

    /**
     * @param whole counts everything too, or null
     */
    TrafficCounters(@Nullable TrafficCounters whole) {
        this.whole = whole;
    }

    void read(long bytes) {
        bytesRead.add(bytes);
        if (whole != null) {
            whole.read(bytes);
        }
    }

    void written(long bytes) {
        bytesWritten.add(bytes);
        if (whole != null) {
            whole.written(bytes);
        }
    }

    void answered() {
        commands.increment();
        if (whole != null) {
            whole.answered();
        }
    }

    void failed() {
        errors.increment();
        if (whole != null) {
            whole.failed();
        }
    }

    TargetStatus.Traffic snapshot() {
        return new TargetStatus.Traffic(bytesRead.sum(), bytesWritten.sum(), commands.sum(), errors.sum());
    }
}
