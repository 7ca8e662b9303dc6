package org.understudy.server.protection;

import java.time.Instant;
import java.util.Optional;
import org.understudy.server.kernel.PointId;

/** What {@link Retention} needs to know of a point. */
public record PointFacts(PointId id, Instant takenAt, boolean pinned, Optional<Instant> lockedUntil, boolean suspect) {

    public static PointFacts of(RecoveryPoint point) {
        return new PointFacts(
                point.id(),
                point.takenAt(),
                point.pinned(),
                point.lockedUntil(),
                point.state() == RecoveryPoint.State.SUSPECT);
    }
}
