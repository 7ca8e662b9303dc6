package org.understudy.agent.transfer;

import java.util.concurrent.atomic.LongAdder;

/** What was moved for one disk so far, in bytes. Thread-safe. */
final class DiskCounters {

    private final LongAdder scanned = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder unmapped = new LongAdder();

    void addScanned(long bytes) {
        scanned.add(bytes);
    }

    void addSent(long bytes) {
        sent.add(bytes);
    }

    void addUnmapped(long bytes) {
        unmapped.add(bytes);
    }

    long scanned() {
        return scanned.sum();
    }

    long sent() {
        return sent.sum();
    }

    long unmapped() {
        return unmapped.sum();
    }
}
