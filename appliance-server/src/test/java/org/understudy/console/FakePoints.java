package org.understudy.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;

final class FakePoints implements RecoveryPoints {

    private final Scene scene;

    FakePoints(Scene scene) {
        this.scene = scene;
    }

    @Override
    public List<RecoveryPoint> points(HostId host) {
        return scene.pointsOf(host);
    }

    @Override
    public Optional<RecoveryPoint> point(PointId id) {
        synchronized (scene) {
            return Optional.ofNullable(scene.points.get(id));
        }
    }

    @Override
    public Optional<RecoveryPoint> newest(HostId host) {
        return points(host).stream().findFirst();
    }

    @Override
    public Manifest manifest(PointId id) {
        if (scene.manifestProblem.isPresent()) {
            throw scene.manifestProblem.get().asException();
        }
        RecoveryPoint point = ConsoleSlice.found(point(id), "recovery point " + id);
        synchronized (scene) {
            var host = scene.host(point.host());
            return new Manifest(
                    1,
                    id.toString(),
                    point.host().toString(),
                    host.name(),
                    host.enrolledAt(),
                    point.run().toString(),
                    point.takenAt(),
                    point.consistency(),
                    point.consistencyReason(),
                    180,
                    point.disks().stream()
                            .map(disk -> new Manifest.ManifestDisk(
                                    disk.number(),
                                    disk.key(),
                                    disk.sizeBytes(),
                                    65_536,
                                    disk.usedBytes(),
                                    disk.changedBytes(),
                                    disk.changedBytes(),
                                    disk.usedBytes() / 65_536,
                                    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"))
                            .toList(),
                    host.facts().orElse(Scenery.facts("unknown", List.of())));
        }
    }

    @Override
    public RecoveryPoint pin(PointId id, boolean pinned) {
        return change(id, p -> copy(p, pinned, p.lockedUntil()));
    }

    @Override
    public RecoveryPoint lock(PointId id, Instant until) {
        return change(id, p -> copy(p, p.pinned(), Optional.of(until)));
    }

    @Override
    public CompletableFuture<RecoveryPoint> verify(PointId id) {
        scene.called("verify " + id);
        return new CompletableFuture<>();
    }

    @Override
    public void markProven(PointId id) {
        throw new AssertionError("only drills prove points");
    }

    @Override
    public void delete(PointId id) {
        RecoveryPoint point = ConsoleSlice.found(point(id), "recovery point " + id);
        if (point.lockedUntil().filter(scene.now()::isBefore).isPresent()) {
            throw Problem.of(
                            ProblemCode.POINT_LOCKED,
                            "point",
                            id.toString(),
                            "until",
                            point.lockedUntil().get().toString())
                    .asException();
        }
        synchronized (scene) {
            scene.points.remove(id);
        }
    }

    @Override
    public RebuildReport rebuildCatalogue() {
        return new RebuildReport(0, 0, 0, 0, List.of());
    }

    private RecoveryPoint change(PointId id, UnaryOperator<RecoveryPoint> change) {
        synchronized (scene) {
            RecoveryPoint changed = change.apply(ConsoleSlice.found(point(id), "recovery point " + id));
            scene.points.put(id, changed);
            return changed;
        }
    }

    private static RecoveryPoint copy(RecoveryPoint p, boolean pinned, Optional<Instant> locked) {
        return new RecoveryPoint(
                p.id(),
                p.host(),
                p.run(),
                p.takenAt(),
                p.state(),
                p.stateSince(),
                p.consistency(),
                p.consistencyReason(),
                pinned,
                locked,
                p.changedBytes(),
                p.totalBytes(),
                p.usedBytes(),
                p.disks(),
                p.verification());
    }
}
