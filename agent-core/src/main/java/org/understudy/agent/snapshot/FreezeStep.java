package org.understudy.agent.snapshot;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunControl;
import org.understudy.agent.scan.ScanCost;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * The part of a run in which file systems stand still. Between freeze and thaw nothing here writes, logs or starts a program. Used
 * by one thread.
 */
final class FreezeStep {

    /** Part of the limit that a prediction may use, because predictions are wrong. */
    private static final double USABLE = 0.9;

    private final Freezer freezer;
    private final Duration limit;
    private final long holdBytes;
    private long frozenNanos;

    FreezeStep(Freezer freezer, Duration limit, long holdBytes) {
        this.freezer = freezer;
        this.limit = limit;
        this.holdBytes = holdBytes;
    }

    /**
     * How a frozen pass ended.
     *
     * @param trouble why it does not count, half a sentence; null if it does
     * @param changes what is to be applied, in the order of the disks; empty if it does not count
     * @param syncedOnly mounts that could not be frozen, only synced
     */
    record Result(@Nullable String trouble, List<DiskHead.HeldChanges> changes, List<FileSystemMount> syncedOnly) {}

    /** Ends a frozen pass that takes too long. */
    private static final class CutOffException extends RuntimeException {
        private static final long serialVersionUID = 1;

        CutOffException() {
            super("the freeze took too long", null, false, false);
        }
    }

    /** What of each disk a frozen pass reads. */
    interface Reading {

        /** Called after the sync, with nothing frozen: may read, send and log. */
        void beforeFreeze() throws IOException;

        /**
         * Called while everything is frozen, after the used space of the disk was read: which part of the disk may differ from the
         * head.
         */
        ExtentSet scope(ViewedDisk disk, DiskHead head) throws IOException;
    }

    /** Every block of every disk. */
    static final Reading EVERYTHING = new Reading() {
        @Override
        public void beforeFreeze() {
            // Whatever the sync wrote is found by the frozen pass, which reads all.
        }

        @Override
        public ExtentSet scope(ViewedDisk disk, DiskHead head) {
            return disk.whole();
        }
    };

    /** Milliseconds that file systems were frozen so far, all freezes together. */
    long frozenMillis() {
        return Duration.ofNanos(frozenNanos).toMillis();
    }

    /** What a pass may leave to the frozen one: enough for a quiet host, and most of the budget stays for what changes meanwhile. */
    Deferral deferral() {
        return Deferral.upTo(holdBytes / 4);
    }

    /** Why a frozen pass of this length cannot be tried, or null if it can. */
    @Nullable
    String tooLong(Duration predicted) {
        return predicted.toMillis() <= limit.toMillis() * USABLE
                ? null
                : "a frozen pass would take about " + predicted.toMillis() + " ms and may take " + limit.toMillis()
                        + " ms";
    }

    /**
     * Freezes and thaws at once, so that allocation records in journals reach their places and the first pass reads what is really
     * used. Returns why that was not possible, or null.
     */
    @Nullable
    String settle(List<ViewedDisk> disks) {
        try (Freezer.Hold hold = freezer.prepare(mounts(disks), limit)) {
            hold.sync();
            long started = System.nanoTime();
            hold.freeze();
            boolean whole = hold.thaw();
            frozenNanos += System.nanoTime() - started;
            return whole ? null : "the file systems did not come to rest within " + limit.toMillis() + " ms";
        } catch (ProblemException e) {
            return trouble(e);
        }
    }

    /** Freezes, reads all disks again and keeps what differs, thaws. */
    Result hold(List<ViewedDisk> disks, Reading reading, ViewReceiver receiver, RunControl control) throws IOException {
        HoldBudget budget = new HoldBudget(holdBytes);
        List<DiskHead.HeldChanges> changes = new ArrayList<>();
        List<FileSystemMount> syncedOnly;
        String trouble;
        try (Freezer.Hold hold = freezer.prepare(mounts(disks), limit)) {
            hold.sync();
            reading.beforeFreeze();
            control.check();
            long started = System.nanoTime();
            boolean whole = false;
            try {
                syncedOnly = hold.freeze();
                receiver.frozen();
                trouble = read(disks, reading, receiver, budget, started, changes);
            } finally {
                whole = hold.thaw();
                frozenNanos += System.nanoTime() - started;
            }
            receiver.thawed();
            if (trouble == null && !whole) {
                trouble = cutOff();
            }
        } catch (ProblemException e) {
            trouble = trouble(e);
            syncedOnly = List.of();
        }
        return new Result(trouble, trouble == null ? changes : List.of(), syncedOnly);
    }

    private @Nullable String read(
            List<ViewedDisk> disks,
            Reading reading,
            ViewReceiver receiver,
            HoldBudget budget,
            long started,
            List<DiskHead.HeldChanges> changes)
            throws IOException {
        long usable = (long) (limit.toNanos() * USABLE);
        Runnable guard = () -> {
            if (System.nanoTime() - started > usable) {
                throw new CutOffException();
            }
        };
        try {
            for (ViewedDisk disk : disks) {
                guard.run();
                disk.refresh(ViewedDisk.Trust.MOUNTED);
                DiskHead head = receiver.head(disk.key());
                ExtentSet scope = reading.scope(disk, head);
                changes.add(head.hold(disk.scan(head, scope, receiver::passRead, guard), budget));
            }
            return null;
        } catch (CutOffException e) {
            return cutOff();
        } catch (DiskHead.HoldOverflowException e) {
            return "more than " + (holdBytes >> 20) + " MiB changed while the disks were read";
        }
    }

    private String cutOff() {
        return "the freeze was ended at its limit of " + limit.toMillis() + " ms";
    }

    /** Freezing that fails is an answer; everything else ends the run. */
    private static String trouble(ProblemException e) {
        if (e.problem().code() != ProblemCode.FREEZE_FAILED) {
            throw e;
        }
        String reason = e.problem().values().getOrDefault("reason", "unknown reason");
        String mount = e.problem().values().getOrDefault("mountPoint", "?");
        return mount + " could not be frozen (" + reason + ")";
    }

    private static List<FileSystemMount> mounts(List<ViewedDisk> disks) {
        return disks.stream()
                .flatMap(disk -> disk.mounts().stream())
                .filter(FileSystemMount::freezable)
                .sorted(Comparator.comparingInt(FileSystemMount::order))
                .collect(Collectors.toList());
    }

    /** Prediction for that many bytes, with what finding the used space costs. */
    static Duration predict(ScanCost cost, long bytes, Duration mapping) {
        return cost.predict(bytes).plus(mapping);
    }
}
