package org.understudy.server.recovery.internal;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.Consistency;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;

/** Points in memory, as far as takeovers need them; what they must not call fails. */
final class FakeRecoveryPoints implements RecoveryPoints {

    private final Map<PointId, Manifest> manifests = new HashMap<>();
    private final Set<PointId> proven = new HashSet<>();
    private final Set<PointId> suspect = new HashSet<>();

    synchronized void add(Manifest manifest) {
        manifests.put(PointId.parse(manifest.point()), manifest);
    }

    synchronized void forgetAll() {
        manifests.clear();
    }

    synchronized void makeSuspect(PointId id) {
        suspect.add(id);
    }

    synchronized boolean isProven(PointId id) {
        return proven.contains(id);
    }

    @Override
    public synchronized Optional<RecoveryPoint> point(PointId id) {
        return Optional.ofNullable(manifests.get(id))
                .map(manifest -> new RecoveryPoint(
                        id,
                        HostId.parse(manifest.host()),
                        RunId.parse(manifest.run()),
                        Instant.parse("2026-11-20T08:00:00Z"),
                        suspect.contains(id)
                                ? RecoveryPoint.State.SUSPECT
                                : proven.contains(id) ? RecoveryPoint.State.PROVEN : RecoveryPoint.State.UNVERIFIED,
                        Optional.empty(),
                        Consistency.values()[0],
                        "",
                        false,
                        Optional.empty(),
                        0,
                        0,
                        0,
                        List.of(),
                        Optional.empty()));
    }

    @Override
    public synchronized Manifest manifest(PointId id) {
        Manifest manifest = manifests.get(id);
        if (manifest == null) {
            throw Problem.of(ProblemCode.POINT_NOT_FOUND, "point", id.toString())
                    .asException();
        }
        return manifest;
    }

    @Override
    public synchronized void markProven(PointId id) {
        proven.add(id);
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
    public void delete(PointId id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public RebuildReport rebuildCatalogue() {
        throw new UnsupportedOperationException();
    }
}
