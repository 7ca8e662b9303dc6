package org.understudy.server.storage;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;

/**
 * A snapshot as the pool describes it.
 *
 * @param properties see {@link VolumeStore#setProperty}
 * @param holds tags that forbid its destruction: 1 to 128 characters without control characters
 */
public record VolumeSnapshot(HostId host, PointId point, Map<String, String> properties, Set<String> holds) {

    private static final Pattern KEY = Pattern.compile("[a-z][a-z0-9.-]{0,63}");
    private static final Pattern VALUE = Pattern.compile("\\P{Cntrl}{0,1024}");
    private static final Pattern TAG = Pattern.compile("\\P{Cntrl}{1,128}");

    /** @throws IllegalArgumentException if a key, a value or a tag breaks its rule */
    public VolumeSnapshot {
        properties = Map.copyOf(properties);
        holds = Set.copyOf(holds);
        properties.forEach((key, value) -> {
            if (!KEY.matcher(key).matches() || !VALUE.matcher(value).matches()) {
                throw new IllegalArgumentException("not a property of a snapshot: " + key + "=" + value);
            }
        });
        for (String tag : holds) {
            if (!TAG.matcher(tag).matches()) {
                throw new IllegalArgumentException("not a tag of a hold: " + tag);
            }
        }
    }
}
