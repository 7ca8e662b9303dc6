package org.understudy.server.web.api;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.server.protection.RecoveryPoint;

/** A recovery point; sizes in bytes. */
public record PointResource(
        String id,
        String hostId,
        String runId,
        Instant takenAt,
        String state,
        @Nullable Instant stateSince,
        String consistency,
        String consistencyReason,
        boolean pinned,
        @Nullable Instant lockedUntil,
        long changedBytes,
        long totalBytes,
        long usedBytes,
        List<RecoveryPoint.PointDisk> disks,
        RecoveryPoint.@Nullable VerificationResult verification) {

    static PointResource of(RecoveryPoint point) {
        return new PointResource(
                point.id().toString(),
                point.host().toString(),
                point.run().toString(),
                point.takenAt(),
                point.state().name(),
                point.stateSince().orElse(null),
                point.consistency().name(),
                point.consistencyReason(),
                point.pinned(),
                point.lockedUntil().orElse(null),
                point.changedBytes(),
                point.totalBytes(),
                point.usedBytes(),
                point.disks(),
                point.verification().orElse(null));
    }
}
