package org.understudy.agent.snapshot;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunControl;
import org.understudy.agent.scan.ScanCost;

/** The passes of one run by hash comparison; {@code docs/design/agent-transfer.md} has the rules. Used by one thread. */
final class HashCompareView implements ConsistentView {

    static final int MAX_PASSES = 5;
    private static final int MAX_PASSES_BEFORE_FREEZE = 3;
    private static final Duration SHORT = Duration.ofSeconds(2);

    private final List<ViewedDisk> disks;
    private final FreezeStep freeze;
    private final RunControl control;
    private final Conclusion conclusion;

    /** Why no frozen pass is tried (any more); half a sentence. Null while one may be. */
    private @Nullable String trouble;

    HashCompareView(List<ViewedDisk> disks, FreezeStep freeze, RunControl control) {
        this.disks = List.copyOf(disks);
        this.freeze = freeze;
        this.control = control;
        conclusion = new Conclusion(this.disks, freeze);
    }

    @Override
    public List<DiskExtents> extents() {
        return disks.stream()
                .map(disk -> new DiskExtents(disk.key(), disk.sizeBytes(), disk.used()))
                .toList();
    }

    @Override
    public ViewOutcome deliver(ViewReceiver receiver) {
        try {
            for (ViewedDisk disk : disks) {
                disk.lookUpMounts();
            }
            boolean mounted = disks.stream().anyMatch(ViewedDisk::isMounted);
            trouble = mounted ? freeze.settle(disks).trouble() : "no file system of the disks is mounted";
            return passes(receiver, mounted);
        } catch (IOException e) {
            throw HashCompareSource.unreadable(
                    disks.stream().map(ViewedDisk::key).collect(Collectors.joining(", ")), e);
        }
    }

    private ViewOutcome passes(ViewReceiver receiver, boolean mounted) throws IOException {
        boolean comparable = false;
        for (int pass = 1; ; pass++) {
            control.check();
            boolean strict = trouble != null;
            Pass done = pass(receiver, pass, strict);
            if (strict && comparable && done.unchanged()) {
                return conclusion.stoodStill(trouble);
            }
            comparable = strict;
            if (mounted && trouble == null) {
                Duration predicted = FreezeStep.predict(done.cost(), totalUsed(), done.mapping());
                trouble = freeze.tooLong(predicted);
                if (trouble == null && !isWorthAnother(pass, done, predicted)) {
                    pass++;
                    ViewOutcome outcome = frozenPass(receiver, pass);
                    if (outcome != null) {
                        return outcome;
                    }
                }
            }
            if (pass >= MAX_PASSES) {
                return conclusion.restless(MAX_PASSES, mounted ? trouble : null);
            }
        }
    }

    /** A pass that took much longer than the frozen one will was slowed by sending: much may have changed meanwhile. */
    private static boolean isWorthAnother(int pass, Pass done, Duration predicted) {
        return pass < MAX_PASSES_BEFORE_FREEZE
                && done.elapsed().compareTo(predicted.multipliedBy(4).plus(SHORT)) > 0;
    }

    /**
     * An unfrozen pass over all disks.
     *
     * @param unchanged whether the disks and their used space were as the pass before left them
     * @param mapping what finding the used space took
     */
    private record Pass(boolean unchanged, ScanCost cost, Duration elapsed, Duration mapping) {}

    private Pass pass(ViewReceiver receiver, int number, boolean strict) throws IOException {
        long started = System.nanoTime();
        boolean unchanged = true;
        for (ViewedDisk disk : disks) {
            disk.lookUpMounts();
            boolean moved = disk.refresh(strict ? ViewedDisk.Trust.READ_ONLY : ViewedDisk.Trust.MOUNTED);
            unchanged &= !moved;
        }
        long mapped = System.nanoTime();
        receiver.passStarted(number, totalUsed());
        ScanCost cost = ScanCost.NONE;
        Deferral deferral = strict ? Deferral.none() : freeze.deferral();
        for (ViewedDisk disk : disks) {
            DiskHead head = receiver.head(disk.key());
            DiskHead.PassResult result =
                    head.update(disk.scan(head, disk.whole(), receiver::passRead, control::check), deferral);
            unchanged &= result.changedBlocks() == 0;
            cost = cost.plus(result.cost());
        }
        long ended = System.nanoTime();
        return new Pass(unchanged, cost, Duration.ofNanos(ended - started), Duration.ofNanos(mapped - started));
    }

    private @Nullable ViewOutcome frozenPass(ViewReceiver receiver, int number) throws IOException {
        for (ViewedDisk disk : disks) {
            disk.lookUpMounts();
        }
        receiver.passStarted(number, totalUsed());
        Everything everything = new Everything(receiver);
        FreezeStep.Result result = freeze.run(disks, everything, receiver, control);
        control.check();
        trouble = result.trouble();
        return trouble == null ? conclusion.frozen(everything.apply(), result.syncedOnly()) : null;
    }

    /** A frozen reading of every block of every disk. */
    private final class Everything implements FreezeStep.Work {

        private final ViewReceiver receiver;
        private final HoldBudget budget = freeze.budget();
        private final List<DiskHead.HeldChanges> changes = new ArrayList<>();

        Everything(ViewReceiver receiver) {
            this.receiver = receiver;
        }

        @Override
        public @Nullable String beforeFreeze(Freezer.Hold hold) {
            // Whatever this writes is found by the frozen reading, which reads all.
            hold.sync();
            return null;
        }

        @Override
        public void frozen(Runnable guard) throws IOException {
            for (ViewedDisk disk : disks) {
                guard.run();
                disk.refresh(ViewedDisk.Trust.MOUNTED);
                DiskHead head = receiver.head(disk.key());
                changes.add(head.hold(disk.scan(head, disk.whole(), receiver::passRead, guard), budget));
            }
        }

        /** Makes what was read part of the heads; returns whether a disk that is not mounted changed meanwhile. */
        boolean apply() throws IOException {
            boolean restless = false;
            for (int i = 0; i < disks.size(); i++) {
                restless |= !disks.get(i).isMounted() && changes.get(i).changedBlocks() > 0;
                changes.get(i).apply();
            }
            budget.release();
            return restless;
        }
    }

    private long totalUsed() {
        return disks.stream().mapToLong(disk -> disk.used().totalBytes()).sum();
    }

    @Override
    public void commit(String point) {
        // Comparison by digests tracks nothing: what it needs to remember are the digests, which the run keeps.
    }

    @Override
    public void close() {
        disks.forEach(ViewedDisk::close);
    }
}
