package org.understudy.server.files;

import java.time.Instant;
import java.util.List;
import org.understudy.server.kernel.PointId;

/**
 * A recovery point whose file systems can be read now.
 *
 * @param closesAt when it closes by itself if nobody reads it until then
 * @param fileSystems in order of disks and partitions; at least one is open
 */
public record OpenedPoint(PointId point, Instant openedAt, Instant closesAt, List<PointFileSystem> fileSystems) {

    public OpenedPoint {
        fileSystems = List.copyOf(fileSystems);
    }
}
