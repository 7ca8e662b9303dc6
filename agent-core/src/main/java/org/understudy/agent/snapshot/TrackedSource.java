package org.understudy.agent.snapshot;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.control.RunControl;

/**
 * Reads what was written since the last point where the host tracks changes, and everything that is used where it does not or where there is a
 * doubt. Thread-safe.
 */
public final class TrackedSource implements SnapshotSource {

    private final ChangeTracking tracking;
    private final HashCompareSource comparison;

    /**
     * @param comparison what is done without tracking
     */
    public TrackedSource(ChangeTracking tracking, HashCompareSource comparison) {
        this.tracking = tracking;
        this.comparison = comparison;
    }

    @Override
    public String name() {
        return "change-tracking";
    }

    @Override
    public void dropSpare() {
        comparison.dropSpare();
    }

    @Override
    public ConsistentView open(List<ProtectedDisk> disks, Duration freezeLimit, RunControl control) {
        List<ViewedDisk> viewed = comparison.openAll(disks);
        FreezeStep freeze = comparison.freezeStep(freezeLimit);
        List<ChangeTracking.DiskChanges> changes = new ArrayList<>();
        try {
            for (ProtectedDisk disk : disks) {
                control.check();
                ChangeTracking.Answer answer = tracking.of(disk);
                if (answer instanceof ChangeTracking.Tracked tracked) {
                    changes.add(tracked.changes());
                } else if (answer instanceof ChangeTracking.Untracked untracked) {
                    changes.forEach(ChangeTracking.DiskChanges::close);
                    return new ExplainedView(
                            new HashCompareView(viewed, freeze, control),
                            "All used blocks were compared, because " + disk.key() + " is not tracked: "
                                    + untracked.reason() + ".");
                }
            }
            return new TrackedView(viewed, changes, freeze, control);
        } catch (RuntimeException | Error e) {
            changes.forEach(ChangeTracking.DiskChanges::close);
            viewed.forEach(ViewedDisk::close);
            throw e;
        }
    }
}
