package org.understudy.agent.snapshot;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.control.RunControl;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** The passes of one run with change tracking; {@code docs/design/change-tracking.md} has the rules. Used by one thread. */
final class TrackedView implements ConsistentView {

    private static final Logger log = LoggerFactory.getLogger(TrackedView.class);

    static final int MAX_PASSES = 12;
    private static final int PASSES_THAT_MUST_CONVERGE = 3;
    private static final int MAX_FREEZES = 4;

    /** So little goes into the last set without a pass before; it fills as much of the host's memory. */
    private static final long AT_ONCE_BYTES = 4L << 20;

    /** More than this is better sent as whole blocks. */
    private static final long MOST_BY_PIECES = 64L << 20;

    /** What writers add while pieces are sent is left to the last set: another pass would read again what is written again. */
    private static final long MOST_AT_ONCE_BYTES = 16L << 20;

    /** So little ends the passes. */
    private static final long ENOUGH_BYTES = 4L << 20;

    /** Most that is taken as used in a pass because it was written. */
    private static final long MOST_WRITTEN = 256L << 20;

    private final List<TrackedDisk> disks = new ArrayList<>();
    private final List<ViewedDisk> viewed;
    private final FreezeStep freeze;
    private final RunControl control;
    private final Conclusion conclusion;

    /** Why no frozen pass is tried (any more); half a sentence. Null while one may be. */
    private @Nullable String trouble;

    private int freezes;
    private boolean trusted;

    TrackedView(
            List<ViewedDisk> viewed, List<ChangeTracking.DiskChanges> changes, FreezeStep freeze, RunControl control) {
        this.viewed = List.copyOf(viewed);
        for (int i = 0; i < viewed.size(); i++) {
            disks.add(new TrackedDisk(viewed.get(i), changes.get(i)));
        }
        this.freeze = freeze;
        this.control = control;
        conclusion = new Conclusion(this.viewed, freeze);
    }

    @Override
    public List<DiskExtents> extents() {
        return viewed.stream()
                .map(disk -> new DiskExtents(disk.key(), disk.sizeBytes(), disk.used()))
                .toList();
    }

    @Override
    public ViewOutcome deliver(ViewReceiver receiver) {
        try {
            for (TrackedDisk disk : disks) {
                disk.begin(receiver.head(disk.viewed().key()));
                disk.viewed().lookUpMounts();
            }
            boolean mounted = viewed.stream().anyMatch(ViewedDisk::isMounted);
            ViewOutcome outcome = passes(receiver, mounted);
            trusted = true;
            return outcome.saying(explanation());
        } catch (TrackedDisk.DoubtException e) {
            disks.forEach(TrackedDisk::forgetHeld);
            return new HashCompareView(viewed, freeze, control)
                    .deliver(receiver)
                    .saying("All used blocks were compared, because the marks of written blocks came into doubt: "
                            + e.doubt() + ".");
        } catch (IOException e) {
            throw HashCompareSource.unreadable(
                    viewed.stream().map(ViewedDisk::key).collect(Collectors.joining(", ")), e);
        }
    }

    private String explanation() {
        String unknown = disks.stream()
                .filter(disk -> disk.unknown() != null)
                .map(disk -> disk.viewed().key() + " (" + disk.unknown() + ")")
                .collect(Collectors.joining(", "));
        return unknown.isEmpty()
                ? "Only blocks written since the last point were read."
                : "All used blocks were compared of " + unknown + "; what is written is tracked from now on.";
    }

    private ViewOutcome passes(ViewReceiver receiver, boolean mounted) throws IOException {
        trouble = mounted ? null : "no file system of the disks is mounted";
        int pass = 0;
        // A change of a disk that cannot be frozen would look, in the frozen reading, like one during the freeze.
        boolean all = viewed.stream().allMatch(ViewedDisk::isMounted);
        long small = all ? left(receiver) : Long.MAX_VALUE;
        // A disk that is read whole is read in long windows, however small it is.
        boolean byPieces = disks.stream().allMatch(TrackedDisk::isKnown);
        for (long enough = atOnce();
                byPieces && small > enough && small <= MOST_BY_PIECES;
                enough = Math.min(MOST_AT_ONCE_BYTES, usable())) {
            pass++;
            try {
                piecePass(receiver, pass, small);
            } catch (DiskHead.HoldOverflowException e) {
                // The platform has less memory than was asked for; whole blocks need none that grows.
                small = Long.MAX_VALUE;
                break;
            }
            long rest = left(receiver);
            boolean converges = rest <= small / 4 * 3;
            small = rest;
            if (!converges) {
                break;
            }
        }
        if (small <= Math.min(MOST_AT_ONCE_BYTES, usable())) {
            pass++;
            ViewOutcome outcome = lastSet(receiver, pass);
            if (outcome != null) {
                return outcome;
            }
        }
        if (mounted && trouble == null) {
            trouble = lasting(freeze.settle(viewed), pass);
        }
        long before = Long.MAX_VALUE;
        while (true) {
            control.check();
            pass++;
            boolean strict = trouble != null;
            pass(receiver, pass, strict);
            if (pass >= MAX_PASSES && strict) {
                return conclusion.restless(pass, mounted ? trouble : null);
            }
            for (TrackedDisk disk : disks) {
                disk.cut();
            }
            if (strict) {
                if (disks.stream().noneMatch(TrackedDisk::isPending)) {
                    return conclusion.stoodStill(trouble);
                }
                continue;
            }
            long left = left(receiver);
            boolean converges = pass < PASSES_THAT_MUST_CONVERGE || left < before / 4 * 3;
            before = left;
            boolean fits = left <= freeze.holdBytes() / 8 * 5;
            if (left > Math.min(ENOUGH_BYTES, usable()) && (converges || !fits) && pass < MAX_PASSES) {
                continue;
            }
            pass++;
            ViewOutcome outcome = lastSet(receiver, pass);
            if (outcome != null) {
                return outcome;
            }
        }
    }

    /** Bytes that the last set would read now. */
    private long left(ViewReceiver receiver) {
        return new LastSet(disks, freeze, receiver, control).left();
    }

    /** How much goes into memory at a time. */
    private long atOnce() {
        return Math.min(AT_ONCE_BYTES, usable());
    }

    /** An unfrozen pass over what was written, in pieces, a part of the disk at a time, so that little memory is needed. */
    private void piecePass(ViewReceiver receiver, int number, long bytes) throws IOException {
        receiver.passStarted(number, bytes);
        for (TrackedDisk disk : disks) {
            disk.viewed().lookUpMounts();
            disk.cut();
            disk.viewed().refresh(ViewedDisk.Trust.MOUNTED);
        }
        for (TrackedDisk disk : disks) {
            DiskHead head = receiver.head(disk.viewed().key());
            ExtentSet used = disk.usedOrWritten(MOST_WRITTEN);
            for (Extent part : disk.parts(used, head.blockSize(), atOnce())) {
                control.check();
                HoldBudget memory = freeze.budget();
                receiver.passRead(
                        disk.send(head, part, used, memory, control::check).bytesRead());
                memory.release();
            }
            disk.sent();
        }
        for (TrackedDisk disk : disks) {
            disk.cut();
        }
    }

    /** Part of the memory that the first round may fill, because later ones add to it. */
    private long usable() {
        return freeze.holdBytes() / 4;
    }

    /**
     * An unfrozen pass over what may differ.
     *
     * @param strict whether its image may be the last, so that allocation records are believed only as far as they can be
     */
    private void pass(ViewReceiver receiver, int number, boolean strict) throws IOException {
        for (TrackedDisk disk : disks) {
            disk.viewed().lookUpMounts();
            disk.cut();
            disk.viewed().refresh(strict ? ViewedDisk.Trust.READ_ONLY : ViewedDisk.Trust.MOUNTED);
        }
        receiver.passStarted(number, bytesToRead(receiver));
        for (TrackedDisk disk : disks) {
            DiskHead head = receiver.head(disk.viewed().key());
            ExtentSet used = strict ? disk.viewed().used() : disk.usedOrWritten(MOST_WRITTEN);
            // Nothing is left to the last set: what was read counts as absorbed, and its marks are gone.
            head.update(
                    disk.viewed().scan(head, disk.scope(used), used, receiver::passRead, control::check),
                    Deferral.none());
            disk.absorbed(used);
        }
    }

    /** Reads the rest into memory, the last of it while everything is frozen. Returns null if that did not work out. */
    private @Nullable ViewOutcome lastSet(ViewReceiver receiver, int number) throws IOException {
        for (ViewedDisk disk : viewed) {
            disk.lookUpMounts();
        }
        LastSet last = new LastSet(disks, freeze, receiver, control);
        receiver.passStarted(number, last.left());
        FreezeStep.Result result = freeze.run(viewed, last, receiver, control);
        control.check();
        log.info("the last set took {}", last.account());
        if (result.trouble() != null) {
            disks.forEach(TrackedDisk::forgetHeld);
            last.release();
            trouble = lasting(result, number);
            return null;
        }
        boolean whole = true;
        for (TrackedDisk disk : disks) {
            whole &= disk.applyHeld();
        }
        last.release();
        return whole ? conclusion.frozen(last.restless(), result.syncedOnly()) : null;
    }

    /** The trouble of a freeze unless it is tried again. */
    private @Nullable String lasting(FreezeStep.Result result, int pass) {
        freezes += result.frozen() ? 1 : 0;
        if (result.trouble() == null) {
            return null;
        }
        boolean tryAgain = result.again() && freezes < MAX_FREEZES && pass < MAX_PASSES;
        log.info("not frozen: {}{}", result.trouble(), tryAgain ? "; it is tried again" : "");
        return tryAgain ? null : result.trouble();
    }

    private long bytesToRead(ViewReceiver receiver) {
        return disks.stream()
                .mapToLong(disk -> disk.bytesToRead(
                        receiver.head(disk.viewed().key()).blockSize(),
                        disk.viewed().used()))
                .sum();
    }

    @Override
    public void commit(String point) {
        if (trusted) {
            disks.forEach(disk -> disk.commit(point));
        }
    }

    @Override
    public void close() {
        disks.forEach(TrackedDisk::close);
    }
}
