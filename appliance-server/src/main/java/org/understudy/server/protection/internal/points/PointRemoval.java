package org.understudy.server.protection.internal.points;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Policies.RetentionDecision;
import org.understudy.server.protection.ProtectionEvents.RecoveryPointRemoved;
import org.understudy.server.protection.ProtectionPolicy;
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
    void remove(HostId host, PointId point, boolean byRetention) {
        locks.within(host, () -> {
            Optional<VolumeSnapshot> snapshot = store.snapshot(host, point);
            snapshot.ifPresent(this::refuseIfProtected);
            store.destroySnapshot(host, point);
            catalogue.forget(point);
            return point;
        });
        log.info("point {} of host {} removed{}", point, host, byRetention ? " by retention" : "");
        announcer.announce(new RecoveryPointRemoved(point, host, byRetention));
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
        List<RetentionDecision> decisions =
                Retention.decide(catalogue.facts(host), policy.retention(), policy.zone(), clock.instant());
        for (RetentionDecision decision : decisions) {
            if (decision.kept()) {
                continue;
            }
            try {
                remove(host, decision.point(), true);
                meters.counter("understudy.points.pruned").increment();
            } catch (ProblemException e) {
                log.info(
                        "point {} is not pruned now: {}",
                        decision.point(),
                        e.problem().english());
            }
        }
    }
}
