package org.understudy.agent.snapshot;

import java.util.List;
import org.understudy.core.extent.ExtentSet;

/** The disks of one run on their way to the appliance; see {@link SnapshotSource}. Used by one thread. */
public interface ConsistentView extends AutoCloseable {

    /** The disks with what a first run would read, as far as is known before the data flows. */
    List<DiskExtents> extents();

    /**
     * Brings every head to the image of one instant; called once. All writes of the heads are answered when this returns.
     *
     * @throws org.understudy.core.problem.ProblemException if the run cannot go on; nothing is frozen then
     */
    ViewOutcome deliver(ViewReceiver receiver);

    /**
     * The appliance keeps the image as this point: change tracking may forget what came before. Called at most once, after {@link #deliver}
     * and before {@link #close}. A view that is closed without it keeps its changes for the next run.
     */
    void commit(String point);

    /** Releases everything: snapshots, freezes, open disks. Idempotent, never throws. */
    @Override
    void close();

    /**
     * A disk of the view.
     *
     * @param disk key
     * @param sizeBytes size of the disk
     * @param used used bytes
     */
    record DiskExtents(String disk, long sizeBytes, ExtentSet used) {}
}
