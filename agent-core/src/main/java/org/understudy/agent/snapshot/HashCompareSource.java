package org.understudy.agent.snapshot;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.control.RunControl;
import org.understudy.agent.disk.DiskReader;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Reads everything that is used, compares by digest, and makes the instant by freezing the file systems for one pass, or by two
 * equal passes. Needs nothing from the host but FIFREEZE. Thread-safe.
 */
public final class HashCompareSource implements SnapshotSource {

    /** Most that is kept in memory while file systems are frozen. */
    public static final long HOLD_BYTES = 64L << 20;

    /** Most that is kept between two runs: what a cycle of continuous protection usually needs. */
    private static final long SPARE_BYTES = 6L << 20;

    private final Freezer freezer;
    private final UsedSpaceReader usedSpace;
    private final long holdBytes;

    private final SpareBuffers spare = new SpareBuffers(SPARE_BYTES);

    public HashCompareSource(Freezer freezer, UsedSpaceReader usedSpace, long holdBytes) {
        this.freezer = freezer;
        this.usedSpace = usedSpace;
        this.holdBytes = holdBytes;
    }

    @Override
    public String name() {
        return "hash-compare";
    }

    @Override
    public ConsistentView open(List<ProtectedDisk> disks, Duration freezeLimit, RunControl control) {
        return new HashCompareView(openAll(disks), freezeStep(freezeLimit), control);
    }

    @Override
    public void dropSpare() {
        spare.drop();
    }

    FreezeStep freezeStep(Duration freezeLimit) {
        return new FreezeStep(freezer, freezeLimit, holdBytes, spare);
    }

    /** Opens all disks, or none. */
    List<ViewedDisk> openAll(List<ProtectedDisk> disks) {
        List<ViewedDisk> opened = new ArrayList<>();
        try {
            for (ProtectedDisk disk : disks) {
                opened.add(open(disk));
            }
            return opened;
        } catch (RuntimeException | Error e) {
            opened.forEach(ViewedDisk::close);
            throw e;
        }
    }

    private ViewedDisk open(ProtectedDisk disk) {
        try {
            DiskReader reader = disk.open();
            try {
                ViewedDisk viewed = new ViewedDisk(disk, reader, usedSpace);
                viewed.refresh(ViewedDisk.Trust.MOUNTED);
                return viewed;
            } catch (IOException | RuntimeException e) {
                reader.close();
                throw e;
            }
        } catch (IOException e) {
            throw unreadable(disk.key(), e);
        }
    }

    static RuntimeException unreadable(String disk, IOException cause) {
        return Problem.of(ProblemCode.DISK_READ_FAILED, "disk", disk, "offset", "0")
                .asException(cause);
    }
}
