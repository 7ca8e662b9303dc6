package org.understudy.iscsi.target;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether writes of a session end so quickly that its reader does them itself. Where a write is a copy into the page cache, waking
 * a worker for it costs as much again; where it waits for a disk, the reader must stay free. So it is measured: after enough
 * quick writes in a row the reader does them, after one slow one workers do again. Thread-safe.
 */
final class QuickWrites {

    private static final int PROOF = 64;
    private static final long QUICK_NANOS = 100_000;
    /** Larger writes have that time for each piece of this size. */
    private static final long PIECE_BYTES = 128 << 10;

    private final AtomicInteger quickInARow = new AtomicInteger();

    boolean areQuick() {
        return quickInARow.get() >= PROOF;
    }

    /** A write of so many bytes took so long, with all that had to be done before its answer. */
    void took(long nanos, long bytes) {
        if (nanos > QUICK_NANOS * Math.max(1, bytes / PIECE_BYTES)) {
            quickInARow.set(0);
        } else if (quickInARow.get() < PROOF) {
            quickInARow.incrementAndGet();
        }
    }
}
