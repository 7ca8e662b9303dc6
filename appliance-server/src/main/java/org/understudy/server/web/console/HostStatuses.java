package org.understudy.server.web.console;

import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import org.springframework.stereotype.Component;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.RecoveryPoints;

/** Puts together what the modules know of each host. Thread-safe. */
@Component
class HostStatuses {

    static final int RUNS = 14;

    private final Fleet fleet;
    private final Policies policies;
    private final RecoveryPoints points;
    private final BackupRuns runs;
    private final Clock clock;

    HostStatuses(Fleet fleet, Policies policies, RecoveryPoints points, BackupRuns runs, Clock clock) {
        this.fleet = fleet;
        this.policies = policies;
        this.points = points;
        this.runs = runs;
        this.clock = clock;
    }

    /** All hosts by name, retired ones last. */
    List<HostStatus> all() {
        return fleet.hosts().stream()
                .sorted(Comparator.comparing(ProtectedHost::retired)
                        .thenComparing(ProtectedHost::name, String.CASE_INSENSITIVE_ORDER))
                .map(this::of)
                .toList();
    }

    HostStatus of(ProtectedHost host) {
        return new HostStatus(
                host,
                host.policy().flatMap(policies::policy),
                points.points(host.id()),
                runs.recent(host.id(), RUNS),
                clock.instant());
    }
}
