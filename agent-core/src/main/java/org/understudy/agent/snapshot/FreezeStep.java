package org.understudy.agent.snapshot;

import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunControl;
import org.understudy.agent.scan.ScanCost;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * The part of a run in which file systems stand still. Between freeze and thaw nothing here writes, logs or starts a program. Used
 * by one thread.
 */
final class FreezeStep {

    /** Part of the limit that a prediction may use, because predictions are wrong. */
    private static final double USABLE = 0.9;

    private static final long BRIEF_NANOS = Duration.ofMillis(100).toNanos();

    private final Freezer freezer;
    private final Duration limit;
    private final long holdBytes;
    private final SpareBuffers spare;
    private long frozenNanos;
    private long callNanos;
    private long lastNanos;

    FreezeStep(Freezer freezer, Duration limit, long holdBytes, SpareBuffers spare) {
        this.freezer = freezer;
        this.limit = limit;
        this.holdBytes = holdBytes;
        this.spare = spare;
    }

    /**
     * How a freeze ended.
     *
     * @param trouble why it does not count, half a sentence; null if it does
     * @param again whether another try may go better: time ran out, or memory
     * @param frozen whether file systems were frozen at all, so that each try cost the host something
     * @param syncedOnly mounts that could not be frozen, only synced
     */
    record Result(@Nullable String trouble, boolean again, boolean frozen, List<FileSystemMount> syncedOnly) {}

    /** Ends a frozen pass that takes too long. */
    private static final class CutOffException extends RuntimeException {
        private static final long serialVersionUID = 1;

        CutOffException() {
            super("the freeze took too long", null, false, false);
        }
    }

    /** What is done around and in a freeze. */
    interface Work {

        /**
         * Called with everything open and nothing frozen: may read, send and log, and is to sync.
         *
         * @return why there must be no freeze now, half a sentence; null if there may
         */
        @Nullable
        String beforeFreeze(Freezer.Hold hold) throws IOException;

        /**
         * Called while everything is frozen: may read, and must neither write, log nor start a program.
         *
         * @param guard to be run often; ends the work when its time is over
         */
        void frozen(Runnable guard) throws IOException;
    }

    /** Milliseconds that file systems were frozen so far, all freezes together. */
    long frozenMillis() {
        return Duration.ofNanos(frozenNanos).toMillis();
    }

    /** Most bytes that may be kept in memory. */
    long holdBytes() {
        return holdBytes;
    }

    /** Memory for one set of changes. */
    HoldBudget budget() {
        return new HoldBudget(holdBytes, spare);
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
     * used.
     */
    Result settle(List<ViewedDisk> disks) {
        try (Freezer.Hold hold = freezer.prepare(mounts(disks), limit)) {
            hold.sync();
            long started = System.nanoTime();
            hold.freeze();
            callNanos = System.nanoTime() - started;
            boolean whole = hold.thaw();
            count(System.nanoTime() - started);
            return new Result(
                    whole ? null : "the file systems did not come to rest within " + limit.toMillis() + " ms",
                    !whole,
                    true,
                    List.of());
        } catch (ProblemException e) {
            return new Result(trouble(e), false, true, List.of());
        }
    }

    /** Freezes, has the work done, thaws. */
    Result run(List<ViewedDisk> disks, Work work, ViewReceiver receiver, RunControl control) throws IOException {
        List<FileSystemMount> syncedOnly = List.of();
        boolean freezing = false;
        long started = System.nanoTime();
        try (Freezer.Hold hold = freezer.prepare(mounts(disks), limit)) {
            String trouble = work.beforeFreeze(hold);
            if (trouble != null) {
                return new Result(trouble, true, false, syncedOnly);
            }
            control.check();
            started = System.nanoTime();
            freezing = true;
            boolean whole = false;
            try {
                syncedOnly = hold.freeze();
                callNanos = System.nanoTime() - started;
                receiver.frozen();
                trouble = inFreeze(work, started);
            } finally {
                whole = hold.thaw();
                count(System.nanoTime() - started);
            }
            receiver.thawed();
            if (trouble == null && !whole) {
                trouble = cutOff();
            }
            return new Result(trouble, trouble != null, true, syncedOnly);
        } catch (DiskHead.HoldOverflowException e) {
            return new Result(overflow(), true, false, syncedOnly);
        } catch (ProblemException e) {
            // A kernel that refuses says so at once; one that took long may be faster the next time.
            boolean slow = freezing && System.nanoTime() - started > limit.toNanos() / 2;
            return new Result(trouble(e), slow, freezing, syncedOnly);
        }
    }

    private void count(long nanos) {
        frozenNanos += nanos;
        lastNanos = nanos;
    }

    /** How long the last freeze lasted, from before its call until after the thaw. */
    Duration last() {
        return Duration.ofNanos(lastNanos);
    }

    /** What becomes dirty in this time, in nanoseconds, may be left for the freeze to write: it takes no longer than that. */
    long briefNanos() {
        return Math.min(BRIEF_NANOS, limit.toNanos() / 5);
    }

    /** How long the last call took that froze the file systems, without what was done in the freeze. */
    Duration call() {
        return Duration.ofNanos(callNanos);
    }

    private @Nullable String inFreeze(Work work, long started) throws IOException {
        long usable = (long) (limit.toNanos() * USABLE);
        try {
            work.frozen(() -> {
                if (System.nanoTime() - started > usable) {
                    throw new CutOffException();
                }
            });
            return null;
        } catch (CutOffException e) {
            return cutOff();
        } catch (DiskHead.HoldOverflowException e) {
            return overflow();
        }
    }

    private String overflow() {
        return "more than " + (holdBytes >> 20) + " MiB changed while the disks were read";
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
