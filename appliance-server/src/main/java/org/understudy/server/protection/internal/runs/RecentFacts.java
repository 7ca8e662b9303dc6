package org.understudy.server.protection.internal.runs;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.fleet.AgentGateway;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.ProtectionPolicy.Schedule;

/**
 * Facts of hosts for their runs. To tell them an agent reads, among other things, the initial ram disk: much for every five seconds. So runs
 * that are seconds apart share them for some minutes. The sizes of disks are told anew by each run all the same. Thread-safe.
 */
@Component
class RecentFacts {

    /** Runs less than this apart share facts. */
    private static final Duration APART = Duration.ofMinutes(1);

    private static final Duration SHARED = Duration.ofMinutes(5);

    private final AgentGateway gateway;
    private final Fleet fleet;
    private final Policies policies;
    private final Clock clock;
    private final Map<HostId, Instant> asked = new ConcurrentHashMap<>();

    RecentFacts(AgentGateway gateway, Fleet fleet, Policies policies, Clock clock) {
        this.gateway = gateway;
        this.fleet = fleet;
        this.policies = policies;
        this.clock = clock;
    }

    HostFacts of(LiveRun run) {
        Instant now = clock.instant();
        Instant before = asked.get(run.host());
        Optional<ProtectedHost> host = fleet.host(run.host());
        Optional<HostFacts> known = host.flatMap(ProtectedHost::facts);
        if (known.isPresent()
                && before != null
                && now.isBefore(before.plus(SHARED))
                && host.flatMap(ProtectedHost::policy)
                        .flatMap(policies::policy)
                        .filter(RecentFacts::isDense)
                        .isPresent()) {
            return known.get();
        }
        HostFacts facts = run.await(gateway.refreshFacts(run.host()));
        asked.put(run.host(), now);
        return facts;
    }

    /** A run failed: its reason may be that something is another way now. */
    void forget(HostId host) {
        asked.remove(host);
    }

    private static boolean isDense(ProtectionPolicy policy) {
        return switch (policy.schedule()) {
            case Schedule.Interval interval -> interval.every().compareTo(APART) < 0;
            case Schedule.Cron cron -> false;
            case Schedule.Manual manual -> false;
        };
    }
}
