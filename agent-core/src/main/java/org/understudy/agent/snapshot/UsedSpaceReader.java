package org.understudy.agent.snapshot;

import java.io.IOException;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.usedspace.UsedSpace;
import org.understudy.core.extent.ExtentSet;

/** Finds the used bytes of a disk; a port, so that tests can script it. */
@FunctionalInterface
public interface UsedSpaceReader {

    /** Used bytes of the disk as it is now. While file systems are frozen it writes nothing. */
    ExtentSet read(DiskReader disk, UsedSpace.States states) throws IOException;

    /** By partition tables and the allocation records of file systems. */
    static UsedSpaceReader ofFileSystems() {
        return (disk, states) -> UsedSpace.of(disk, states).used();
    }
}
