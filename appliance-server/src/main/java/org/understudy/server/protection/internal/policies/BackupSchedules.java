package org.understudy.server.protection.internal.policies;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.ProtectionPolicy.Schedule;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.scheduling.Scheduler;

/**
 * Keeps the schedules equal to what hosts and policies say. Called after every change of a policy, on events of the fleet, and
 * by {@link FreshnessTask}, since the fleet tells nobody when a host is given another policy. Thread-safe.
 */
@Component
class BackupSchedules {

    /** Kind of the schedules whose id is a host's. */
    static final String KIND = "backup-run";

    private static final Logger log = LoggerFactory.getLogger(BackupSchedules.class);

    /** A schedule whose first time has passed waits a whole interval, so "now" has to lie ahead. */
    private static final Duration SOON = Duration.ofSeconds(2);

    private final PolicyRows policies;
    private final Fleet fleet;
    private final RecoveryPoints points;
    private final Scheduler scheduler;
    private final Clock clock;
    private final Map<HostId, Wanted> current = new HashMap<>();

    /** What the scheduler was told last; {@code Manual} stands for no schedule. */
    private record Wanted(Schedule schedule, ZoneId zone) {}

    BackupSchedules(PolicyRows policies, Fleet fleet, RecoveryPoints points, Scheduler scheduler, Clock clock) {
        this.policies = policies;
        this.fleet = fleet;
        this.points = points;
        this.scheduler = scheduler;
        this.clock = clock;
    }

    @EventListener
    void on(FleetEvents event) {
        switch (event) {
            case FleetEvents.HostEnrolled enrolled -> syncAll();
            case FleetEvents.HostRetired retired -> syncAll();
            case FleetEvents.AgentConnected connected -> syncAll();
            case FleetEvents.AgentDisconnected disconnected -> {
                // Schedules go on: what they miss is made up.
            }
            case FleetEvents.PeerRefused refused -> {
                // No host of ours.
            }
        }
    }

    synchronized void syncAll() {
        Set<HostId> gone = new HashSet<>(current.keySet());
        for (ProtectedHost host : fleet.hosts()) {
            gone.remove(host.id());
            Wanted wanted = wanted(host);
            if (!wanted.equals(current.get(host.id()))) {
                apply(host, wanted);
                current.put(host.id(), wanted);
            }
        }
        for (HostId host : gone) {
            scheduler.cancel(KIND, host.toString());
            current.remove(host);
        }
    }

    private Wanted wanted(ProtectedHost host) {
        Optional<ProtectionPolicy> policy = host.retired()
                ? Optional.empty()
                : host.policy().flatMap(id -> policies.findById(id.value())).map(PolicyEntity::toPolicy);
        return policy.map(found -> new Wanted(found.schedule(), found.zone()))
                .orElseGet(() -> new Wanted(new Schedule.Manual(), clock.getZone()));
    }

    private void apply(ProtectedHost host, Wanted wanted) {
        String id = host.id().toString();
        switch (wanted.schedule()) {
            case Schedule.Interval interval -> {
                scheduler.every(KIND, id, interval.every(), firstAt(host.id(), interval.every()));
                log.info("{} is backed up every {}", host.name(), interval.every());
            }
            case Schedule.Cron cron -> {
                scheduler.cron(KIND, id, cron.expression(), wanted.zone());
                log.info("{} is backed up at \"{}\" ({})", host.name(), cron.expression(), wanted.zone());
            }
            case Schedule.Manual manual -> scheduler.cancel(KIND, id);
        }
    }

    /** An interval after the newest point; soon, if that has passed or there is none. */
    private Instant firstAt(HostId host, Duration interval) {
        Instant soon = clock.instant().plus(SOON);
        return points.newest(host)
                .map(RecoveryPoint::takenAt)
                .map(taken -> taken.plus(interval))
                .filter(next -> next.isAfter(soon))
                .orElse(soon);
    }
}
