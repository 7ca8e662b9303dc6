package org.understudy.server.storage.zfs;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/**
 * The snapshots of a host at one moment.
 *
 * @param snapshots of all generations and their volumes, ours or not, in the order in which they were made
 * @param points those of generations that are points, in the same order, destroyed ones included
 */
record HostPoints(List<Snapshot> snapshots, List<Point> points) {

    private static final String KEY = "org.understudy.point:";

    /** A generation's snapshots are two levels below the host. */
    private static final int DEPTH = 2;

    /**
     * A recovery point.
     *
     * @param properties all that was set on it, as ZFS keeps them
     */
    record Point(PointId id, Snapshot snapshot, Map<String, String> properties) {

        DatasetName generation() {
            return snapshot.name().dataset();
        }

        boolean gone() {
            return properties.containsKey(ZfsLayout.GONE.value());
        }
    }

    static HostPoints read(Datasets zfs, DatasetName host) {
        List<Snapshot> snapshots;
        Map<SnapshotName, Map<String, String>> properties;
        try {
            snapshots = zfs.snapshotsBelow(host);
            properties = snapshots.isEmpty() ? Map.of() : zfs.snapshotProperties(host, DEPTH);
        } catch (ZfsException e) {
            if (e.error() instanceof ZfsError.Missing) {
                return new HostPoints(List.of(), List.of());
            }
            throw e;
        }
        List<Point> points = new ArrayList<>();
        for (Snapshot snapshot : snapshots) {
            DatasetName dataset = snapshot.name().dataset();
            if (ZfsLayout.isChild(host, dataset)
                    && ZfsLayout.generationNumber(dataset).isPresent()) {
                ZfsLayout.pointOf(snapshot.name())
                        .ifPresent(id -> points.add(
                                new Point(id, snapshot, properties.getOrDefault(snapshot.name(), Map.of()))));
            }
        }
        return new HostPoints(snapshots, List.copyOf(points));
    }

    /** Points that count. */
    List<Point> live() {
        return points.stream().filter(point -> !point.gone()).toList();
    }

    Optional<Point> find(PointId id) {
        return live().stream().filter(point -> point.id().equals(id)).findAny();
    }

    Optional<Snapshot> find(SnapshotName name) {
        return snapshots.stream()
                .filter(snapshot -> snapshot.name().equals(name))
                .findAny();
    }

    /** Everything that was snapshotted together with a point's file system. */
    List<Snapshot> parts(Point point) {
        return snapshots.stream()
                .filter(snapshot -> snapshot.name().name().equals(point.id().toString())
                        && ZfsLayout.isChild(point.generation(), snapshot.name().dataset()))
                .toList();
    }

    /** A property of the port. */
    static PropertyName property(String key) {
        return new PropertyName(KEY + key);
    }

    static Map<PropertyName, String> encoded(Map<String, String> properties) {
        Map<PropertyName, String> encoded = new HashMap<>();
        properties.forEach((key, value) -> encoded.put(property(key), Escaped.VALUE.encode(value)));
        return encoded;
    }

    static VolumeSnapshot describe(Datasets zfs, HostId host, Point point) {
        try {
            Set<String> holds = new HashSet<>();
            if (point.snapshot().holds() > 0) {
                for (String tag : zfs.holds(point.snapshot().name())) {
                    holds.add(HoldTags.text(tag, point.properties()));
                }
            }
            Map<String, String> properties = new TreeMap<>();
            point.properties().forEach((name, value) -> {
                if (name.startsWith(KEY)) {
                    properties.put(name.substring(KEY.length()), Escaped.VALUE.decode(value));
                }
            });
            return new VolumeSnapshot(host, point.id(), properties, holds);
        } catch (IllegalArgumentException e) {
            throw Problem.of(
                            ProblemCode.POOL_UNAVAILABLE,
                            "reason",
                            "a property or hold of " + point.snapshot().name() + " is damaged: " + e.getMessage())
                    .asException(e);
        }
    }
}
