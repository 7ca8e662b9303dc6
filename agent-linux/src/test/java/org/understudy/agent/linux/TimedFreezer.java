package org.understudy.agent.linux;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.snapshot.FileSystemMount;
import org.understudy.agent.snapshot.Freezer;

/** The real freezer with a clock: how long each freeze lasted, from before its first call to after its last. */
final class TimedFreezer implements Freezer {

    private final Freezer freezer;
    private final List<Double> millis = new ArrayList<>();
    private volatile long excludedNanos;

    TimedFreezer(Freezer freezer) {
        this.freezer = freezer;
    }

    /** What a test itself does while everything is frozen does not count. */
    void exclude(long nanos) {
        excludedNanos += nanos;
    }

    /** Milliseconds of each freeze so far. */
    synchronized List<Double> millis() {
        return List.copyOf(millis);
    }

    private synchronized void add(long nanos) {
        millis.add((nanos - excludedNanos) / 1e6);
        excludedNanos = 0;
    }

    @Override
    public Hold prepare(List<FileSystemMount> mounts, Duration limit) {
        Hold hold = freezer.prepare(mounts, limit);
        return new Hold() {
            private long started;

            @Override
            public void sync() {
                hold.sync();
            }

            @Override
            public List<FileSystemMount> freeze() {
                started = System.nanoTime();
                return hold.freeze();
            }

            @Override
            public boolean thaw() {
                boolean whole = hold.thaw();
                add(System.nanoTime() - started);
                return whole;
            }

            @Override
            public void close() {
                hold.close();
            }
        };
    }
}
