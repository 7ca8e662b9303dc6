package org.understudy.server.protection;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;

/** The catalogue of recovery points: an index of the pool that can be rebuilt from it. Thread-safe. */
public interface RecoveryPoints {

    /** Newest first. */
    List<RecoveryPoint> points(HostId host);

    Optional<RecoveryPoint> point(PointId id);

    Optional<RecoveryPoint> newest(HostId host);

    /** The manifest as it lies in the pool. */
    Manifest manifest(PointId id);

    RecoveryPoint pin(PointId id, boolean pinned);

    /** Locks until {@code until}; an existing lock can be made longer, never shorter. */
    RecoveryPoint lock(PointId id, Instant until);

    /** Reads all blocks back and compares digests; progress by {@link ProtectionEvents.VerificationProgressed}. */
    CompletableFuture<RecoveryPoint> verify(PointId id);

    /** Records that a machine really booted from the point and answered. */
    void markProven(PointId id);

    /** @throws org.understudy.core.problem.ProblemException {@code POINT_HELD} or {@code POINT_LOCKED} */
    void delete(PointId id);

    /** Reads the pool and makes the catalogue equal to it: hosts, points, manifests, pins, locks. Idempotent. */
    RebuildReport rebuildCatalogue();

    /** @param problems snapshots that could not be read, with the reason; they are left untouched */
    record RebuildReport(int hosts, int points, int added, int removed, List<String> problems) {}
}
