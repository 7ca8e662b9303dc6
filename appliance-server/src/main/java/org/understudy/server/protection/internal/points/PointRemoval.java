package org.understudy.server.protection.internal.points;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.PointFacts;
import org.understudy.server.protection.Policies.RetentionDecision;
import org.understudy.server.protection.ProtectionEvents.RecoveryPointRemoved;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.Retention;
import org.understudy.server.protection.internal.Announcer;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.server.storage.VolumeStore;

/** Removes points, by hand and by retention. What the pool says of pins and locks decides, not the index. Thread-safe. */
@Component
public class PointRemoval {

    private static final Logger log = LoggerFactory.getLogger(PointRemoval.class);

    private final PointCatalogue catalogue;
    private final VolumeStore store;
    private final HostLocks locks;
    private final Announcer announcer;
    private final Clock clock;
    private final MeterRegistry meters;

    PointRemoval(
            PointCatalogue catalogue,
            VolumeStore store,
            HostLocks locks,
            Announcer announcer,
            Clock clock,
            MeterRegistry meters) {
        this.catalogue = catalogue;
        this.store = store;
        this.locks = locks;
        this.announcer = announcer;
        this.clock = clock;
        this.meters = meters;
    }

    /** @throws ProblemException {@code POINT_HELD} (pinned, or in use), {@code POINT_LOCKED} */
    void remove(RecoveryPoint point, boolean byRetention) {
        locks.within(point.host(), () -> {
            Optional<VolumeSnapshot> snapshot = store.snapshot(point.host(), point.id());
            snapshot.ifPresent(this::refuseIfProtected);
            store.destroySnapshot(point.host(), point.id());
            catalogue.forget(point.id());
            return point;
        });
        log.info("point {} of host {} removed{}", point.id(), point.host(), byRetention ? " by retention" : "");
        announcer.announce(new RecoveryPointRemoved(point.id(), point.host(), byRetention));
    }

    private void refuseIfProtected(VolumeSnapshot snapshot) {
        PoolProperties.Mutable facts = PoolProperties.read(snapshot);
        Optional<Instant> locked = facts.lockedUntil().filter(until -> until.isAfter(clock.instant()));
        if (locked.isPresent()) {
            throw PoolRecoveryPoints.locked(snapshot.point(), locked.get());
        }
        if (facts.pinned()) {
            throw Problem.of(ProblemCode.POINT_HELD, "point", snapshot.point().toString(), "holds", "pin")
                    .asException();
        }
    }

    /** Removes what the policy does not keep; points in use are left for the next time. */
    public void prune(HostId host, ProtectionPolicy policy) {
        List<RecoveryPoint> points = catalogue.points(host);
        Map<PointId, RecoveryPoint> byId =
                new HashMap<>(points.stream().collect(Collectors.toMap(RecoveryPoint::id, Function.identity())));
        List<RetentionDecision> decisions = Retention.decide(
                points.stream().map(PointFacts::of).toList(), policy.retention(), policy.zone(), clock.instant());
        for (RetentionDecision decision : decisions) {
            RecoveryPoint point = byId.get(decision.point());
            if (decision.kept() || point == null) {
                continue;
            }
            try {
                remove(point, true);
                meters.counter("understudy.points.pruned").increment();
            } catch (ProblemException e) {
                log.info(
                        "point {} is not pruned now: {}",
                        point.id(),
                        e.problem().english());
            }
        }
    }
}
