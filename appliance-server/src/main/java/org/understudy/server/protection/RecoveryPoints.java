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

    /**
     * Locks until {@code until}, rounded up to a second; an existing lock can be made longer, never shorter.
     *
     * @throws org.understudy.core.problem.ProblemException {@code POINT_LOCKED} if it is locked for longer,
     *     {@code INVALID_REQUEST} if {@code until} has passed
     */
    RecoveryPoint lock(PointId id, Instant until);

    /**
     * Reads all blocks back and compares digests, one point at a time; progress by
     * {@link ProtectionEvents.VerificationProgressed}. The future ends with the point, verified or suspect, or with
     * {@code MANIFEST_UNREADABLE} if its digests cannot be believed (it is suspect then), {@code POOL_UNAVAILABLE},
     * {@code CANCELLED}.
     */
    CompletableFuture<RecoveryPoint> verify(PointId id);

    /** Records that a machine really booted from the point and answered. */
    void markProven(PointId id);

    /**
     * @throws org.understudy.core.problem.ProblemException {@code POINT_LOCKED}, or {@code POINT_HELD} if it is pinned or in use
     */
    void delete(PointId id);

    /** Reads the pool and makes the catalogue equal to it: hosts, points, manifests, pins, locks. Idempotent. */
    RebuildReport rebuildCatalogue();

    /** @param problems snapshots that could not be read, with the reason; they are left untouched */
    record RebuildReport(int hosts, int points, int added, int removed, List<String> problems) {}
}
