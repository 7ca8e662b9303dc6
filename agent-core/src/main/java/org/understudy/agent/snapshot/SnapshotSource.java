package org.understudy.agent.snapshot;

import java.time.Duration;
import java.util.List;
import org.understudy.agent.control.RunControl;

/**
 * A way to get a consistent image of disks that are in use. Sources with a snapshot below them open it in {@link #open} and deliver
 * it in one pass; sources without one deliver passes over the live disks and end with a small set that is read while everything
 * holds still. Either way the image that the heads hold after {@link ConsistentView#deliver} is the disk at one instant, or
 * the outcome says that it is not.
 */
public interface SnapshotSource {

    /** Name for logs and for the capabilities that the agent reports. */
    String name();

    /**
     * Opens a view of some disks for one run. Freezes nothing for longer than {@code freezeLimit}; leaves nothing behind if it
     * fails.
     *
     * @throws org.understudy.core.problem.ProblemException {@code DISK_READ_FAILED} and others
     */
    ConsistentView open(List<ProtectedDisk> disks, Duration freezeLimit, RunControl control);

    /** Lets go of memory that is kept from run to run; called when the next run is not near. */
    default void dropSpare() {}
}
