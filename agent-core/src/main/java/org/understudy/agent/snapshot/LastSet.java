package org.understudy.agent.snapshot;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunControl;
import org.understudy.agent.scan.ScanCost;
import org.understudy.core.extent.ExtentSet;

/**
 * The end of a tracked run: what was written since the last pass goes into memory, in rounds while the host writes on, each of which leaves
 * less for the next, and a last time while everything is frozen. Nothing is sent or digested before the thaw, so that a round lasts no
 * longer than its reading. Used by one thread.
 */
final class LastSet implements FreezeStep.Work {

    private static final int MAX_ROUNDS = 6;

    /** So little is left to the freeze without another round. */
    private static final long LITTLE_BYTES = 256L << 10;

    private final List<TrackedDisk> disks;
    private final FreezeStep freeze;
    private final ViewReceiver receiver;
    private final RunControl control;
    private @Nullable HoldBudget budget;
    private ScanCost cost = ScanCost.NONE;
    private ScanCost frozenRead = ScanCost.NONE;
    private int rounds;
    private int syncs;
    private long syncNanos;
    private long cutNanos;
    private long readNanos;
    private boolean restless;

    LastSet(List<TrackedDisk> disks, FreezeStep freeze, ViewReceiver receiver, RunControl control) {
        this.disks = disks;
        this.freeze = freeze;
        this.receiver = receiver;
        this.control = control;
    }

    /** Bytes that a round would read now. */
    long left() {
        return disks.stream()
                .mapToLong(disk -> disk.bytesToRead(HeldPieces.PIECE_BYTES, used(disk)))
                .sum();
    }

    private ExtentSet used(TrackedDisk disk) {
        return disk.usedOrWritten(freeze.holdBytes() / 2);
    }

    @Override
    public @Nullable String beforeFreeze(Freezer.Hold hold) throws IOException {
        HoldBudget memory = freeze.budget();
        budget = memory;
        for (TrackedDisk disk : disks) {
            disk.hold(receiver.head(disk.viewed().key()), memory);
        }
        rounds();
        // What is dirty in memory would else be written by the freeze, while everybody waits. It is marked as it is
        // written.
        long began = System.nanoTime();
        sync(hold);
        long left = rounds();
        if (System.nanoTime() - began > freeze.briefNanos()) {
            // Writers had time to make as much dirty again. After a short sync a second one would only make them wait
            // for
            // one more commit of the journal and one more flush of the disk.
            sync(hold);
            left = round();
        }
        return freeze.tooLong(freeze.call().plus(mapping()).plus(cost.predict(left)));
    }

    private void sync(Freezer.Hold hold) {
        long began = System.nanoTime();
        hold.sync();
        syncs++;
        syncNanos += System.nanoTime() - began;
    }

    /** Rounds until little is left, or one leaves not much less than the one before. Returns how many bytes the last one read. */
    private long rounds() throws IOException {
        long before = Long.MAX_VALUE;
        long read = round();
        for (int round = 1; round < MAX_ROUNDS && read > LITTLE_BYTES && read < before / 4 * 3 && hasRoom(); round++) {
            before = read;
            read = round();
        }
        return read;
    }

    /**
     * Whether there is memory for a round more. A file system that never writes to the same place twice (btrfs) fills more with each round, and what
     * its sync writes has yet to come.
     */
    private boolean hasRoom() {
        HoldBudget memory = budget;
        return memory != null && memory.taken() < freeze.holdBytes() / 4;
    }

    /** Reads what was written since the last round; returns how many bytes that was. */
    private long round() throws IOException {
        rounds++;
        for (TrackedDisk disk : disks) {
            control.check();
            disk.cut();
        }
        long bytes = 0;
        for (TrackedDisk disk : disks) {
            ScanCost read = disk.readHeld(used(disk), control::check);
            receiver.passRead(read.bytesRead());
            cost = cost.plus(read);
            bytes += read.bytesRead();
        }
        return bytes;
    }

    private Duration mapping() {
        return disks.stream().map(disk -> disk.viewed().mapping()).reduce(Duration.ZERO, Duration::plus);
    }

    @Override
    public void frozen(Runnable guard) throws IOException {
        long started = System.nanoTime();
        // All disks first: the marks of the last one are those of the same instant.
        for (TrackedDisk disk : disks) {
            disk.cut();
            restless |= !disk.viewed().isMounted() && disk.isPending();
        }
        cutNanos = System.nanoTime() - started;
        for (TrackedDisk disk : disks) {
            guard.run();
            disk.viewed().refresh(ViewedDisk.Trust.MOUNTED);
            ExtentSet used = disk.viewed().used();
            frozenRead = frozenRead.plus(disk.readHeld(used, guard));
        }
        readNanos = System.nanoTime() - started - cutNanos;
    }

    /** Where the time of the freeze went, for the log. */
    String account() {
        return String.format(
                Locale.ROOT,
                "%d rounds with %d KiB, %d syncs in %d ms; frozen for %d ms: call %d ms, marks %d ms, used space and %d KiB of"
                        + " pieces %d ms (used space %d ms)",
                rounds,
                cost.bytesRead() >> 10,
                syncs,
                Duration.ofNanos(syncNanos).toMillis(),
                freeze.last().toMillis(),
                freeze.call().toMillis(),
                Duration.ofNanos(cutNanos).toMillis(),
                frozenRead.bytesRead() >> 10,
                Duration.ofNanos(readNanos).toMillis(),
                mapping().toMillis());
    }

    /** Lets others use the memory of what was held; it was sent and answered, or nothing of it was sent. */
    void release() {
        HoldBudget memory = budget;
        if (memory != null) {
            memory.release();
        }
    }

    /** Whether a disk that cannot be frozen changed while the others were. */
    boolean restless() {
        return restless;
    }
}
