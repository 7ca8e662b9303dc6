package org.understudy.server.files.quick;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.understudy.core.protocol.Consistency;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;

/** A catalogue of points with one disk each; what file systems must not ask for fails. */
final class OnePoint implements RecoveryPoints {

    private final Map<PointId, RecoveryPoint> points = new HashMap<>();

    void add(PointId id, HostId host, long diskBytes) {
        points.put(
                id,
                new RecoveryPoint(
                        id,
                        host,
                        RunId.random(),
                        Instant.parse("2026-11-20T08:00:00Z"),
                        RecoveryPoint.State.UNVERIFIED,
                        Optional.empty(),
                        Consistency.values()[0],
                        "",
                        false,
                        Optional.empty(),
                        0,
                        diskBytes,
                        0,
                        List.of(new RecoveryPoint.PointDisk(0, "disk", diskBytes, 0, 0)),
                        Optional.empty()));
    }

    @Override
    public Optional<RecoveryPoint> point(PointId id) {
        return Optional.ofNullable(points.get(id));
    }

    @Override
    public List<RecoveryPoint> points(HostId host) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<RecoveryPoint> newest(HostId host) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Manifest manifest(PointId id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public RecoveryPoint pin(PointId id, boolean pinned) {
        throw new UnsupportedOperationException();
    }

    @Override
    public RecoveryPoint lock(PointId id, Instant until) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<RecoveryPoint> verify(PointId id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void markProven(PointId id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void delete(PointId id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public RebuildReport rebuildCatalogue() {
        throw new UnsupportedOperationException();
    }
}
