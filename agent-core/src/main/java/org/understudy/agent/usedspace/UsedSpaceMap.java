package org.understudy.agent.usedspace;

import java.util.List;
import org.understudy.core.extent.ExtentSet;

/**
 * The bytes of a disk that are in use.
 *
 * @param used offsets from the start of the disk
 * @param partitions one explanation for each partition and for the space outside of them
 */
public record UsedSpaceMap(ExtentSet used, List<PartitionUse> partitions) {

    public UsedSpaceMap {
        partitions = List.copyOf(partitions);
    }
}
