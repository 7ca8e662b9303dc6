package org.understudy.agent.snapshot;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunControl;
import org.understudy.agent.scan.ScanCost;
import org.understudy.core.extent.ExtentSet;

/** The passes of one run with change tracking; {@code docs/design/change-tracking.md} has the rules. Used by one thread. */
final class TrackedView implements ConsistentView {

    static final int MAX_PASSES = 8;
    private static final int PASSES_THAT_MUST_CONVERGE = 3;

    /** So little is read while everything is frozen, without a pass before. */
    private static final long AT_ONCE_BYTES = 8L << 20;

    /** So little ends the passes before the freeze. */
    private static final long ENOUGH_BYTES = 4L << 20;

    private final List<TrackedDisk> disks = new ArrayList<>();
    private final List<ViewedDisk> viewed;
    private final FreezeStep freeze;
    private final RunControl control;
    private final Conclusion conclusion;

    /** Why no frozen pass is tried (any more); half a sentence. Null while one may be. */
    private @Nullable String trouble;

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
        // A change of a disk that cannot be frozen would look, in the frozen pass, like one during the freeze.
        boolean all = viewed.stream().allMatch(ViewedDisk::isMounted);
        if (all && bytesToRead(receiver) <= AT_ONCE_BYTES) {
            pass++;
            ViewOutcome outcome = frozenPass(receiver, pass);
            if (outcome != null) {
                return outcome;
            }
        }
        if (mounted && trouble == null) {
            trouble = freeze.settle(viewed);
        }
        ScanCost cost = ScanCost.NONE;
        long before = Long.MAX_VALUE;
        while (true) {
            control.check();
            pass++;
            boolean strict = trouble != null;
            Pass done = pass(receiver, pass, strict ? ViewedDisk.Trust.READ_ONLY : ViewedDisk.Trust.MOUNTED);
            cost = cost.plus(done.cost());
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
            long left = bytesToRead(receiver);
            boolean converges = pass < PASSES_THAT_MUST_CONVERGE || left < before / 4 * 3;
            before = left;
            if (left > ENOUGH_BYTES && converges && pass < MAX_PASSES) {
                continue;
            }
            trouble = freeze.tooLong(FreezeStep.predict(cost, left, done.mapping()));
            if (trouble == null) {
                pass++;
                ViewOutcome outcome = frozenPass(receiver, pass);
                if (outcome != null) {
                    return outcome;
                }
            }
        }
    }

    /**
     * An unfrozen pass over what may differ.
     *
     * @param mapping what finding the used space took
     */
    private record Pass(ScanCost cost, Duration mapping) {}

    private Pass pass(ViewReceiver receiver, int number, ViewedDisk.Trust trust) throws IOException {
        for (TrackedDisk disk : disks) {
            disk.viewed().lookUpMounts();
            disk.cut();
        }
        long started = System.nanoTime();
        for (TrackedDisk disk : disks) {
            disk.viewed().refresh(trust);
        }
        Duration mapping = Duration.ofNanos(System.nanoTime() - started);
        receiver.passStarted(number, bytesToRead(receiver));
        ScanCost cost = ScanCost.NONE;
        for (TrackedDisk disk : disks) {
            DiskHead head = receiver.head(disk.viewed().key());
            // Nothing is left to the frozen pass: what was read counts as absorbed, and its marks are gone.
            cost = cost.plus(head.update(
                            disk.viewed().scan(head, disk.scope(), receiver::passRead, control::check), Deferral.none())
                    .cost());
            disk.absorbed();
        }
        return new Pass(cost, mapping);
    }

    private @Nullable ViewOutcome frozenPass(ViewReceiver receiver, int number) throws IOException {
        for (ViewedDisk disk : viewed) {
            disk.lookUpMounts();
        }
        receiver.passStarted(number, bytesToRead(receiver));
        LastReading reading = new LastReading(receiver, number);
        FreezeStep.Result result = freeze.hold(viewed, reading, receiver, control);
        control.check();
        trouble = result.trouble();
        if (trouble != null) {
            return null;
        }
        ViewOutcome outcome = conclusion.frozen(result);
        disks.forEach(TrackedDisk::absorbed);
        return outcome;
    }

    /** What the frozen pass reads: what was written since the last pass, and what the sync before it wrote if that was much. */
    private final class LastReading implements FreezeStep.Reading {

        private final ViewReceiver receiver;
        private final int number;

        LastReading(ViewReceiver receiver, int number) {
            this.receiver = receiver;
            this.number = number;
        }

        @Override
        public void beforeFreeze() throws IOException {
            for (TrackedDisk disk : disks) {
                disk.cut();
            }
            boolean beside = disks.stream().anyMatch(disk -> !disk.viewed().isMounted() && disk.isPending());
            if (beside || bytesToRead(receiver) > ENOUGH_BYTES) {
                pass(receiver, number, ViewedDisk.Trust.MOUNTED);
            }
        }

        @Override
        public ExtentSet scope(ViewedDisk disk, DiskHead head) throws IOException {
            TrackedDisk tracked = disks.get(viewed.indexOf(disk));
            tracked.cut();
            return tracked.scope();
        }
    }

    private long bytesToRead(ViewReceiver receiver) {
        return disks.stream()
                .mapToLong(disk -> disk.bytesToRead(receiver.head(disk.viewed().key())))
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
