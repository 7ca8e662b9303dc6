package org.understudy.server.storage;

import java.util.Map;
import java.util.Set;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;

/**
 * A snapshot as the pool describes it.
 *
 * @param properties see {@link VolumeStore#setProperty}
 * @param holds tags that forbid its destruction
 */
public record VolumeSnapshot(HostId host, PointId point, Map<String, String> properties, Set<String> holds) {

    public VolumeSnapshot {
        properties = Map.copyOf(properties);
        holds = Set.copyOf(holds);
    }
}
