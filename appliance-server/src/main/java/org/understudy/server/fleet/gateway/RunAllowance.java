package org.understudy.server.fleet.gateway;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.FleetSettings;
import org.understudy.server.kernel.HostId;

/**
 * How often a host may ask for a run: so many times within 24 hours. Each run makes a point, and a policy that keeps a number
 * of points would let a hostile host push the good ones out. In memory: a restart of the appliance is nothing that a host can
 * cause. Thread-safe.
 */
@Component
public class RunAllowance {

    private static final Duration WINDOW = Duration.ofHours(24);

    private final int limit;
    private final Clock clock;
    // Guarded by this; instants in order. Hosts are those of the database, so there are no more than it has.
    private final Map<HostId, Deque<Instant>> asked = new HashMap<>();

    public RunAllowance(FleetSettings settings, Clock clock) {
        limit = settings.runsOnRequest();
        this.clock = clock;
    }

    /**
     * Counts one run.
     *
     * @param name of the host, for the explanation
     * @throws org.understudy.core.problem.ProblemException {@code RUN_LIMIT_REACHED}
     */
    synchronized void take(HostId host, String name) {
        Instant now = clock.instant();
        Deque<Instant> times = asked.computeIfAbsent(host, id -> new ArrayDeque<>());
        while (!times.isEmpty() && !times.getFirst().plus(WINDOW).isAfter(now)) {
            times.removeFirst();
        }
        if (times.size() >= limit) {
            throw Problem.of(ProblemCode.RUN_LIMIT_REACHED, "host", name, "limit", Integer.toString(limit))
                    .asException();
        }
        times.addLast(now);
    }

    /** Gives back what was taken last: nothing was started. */
    synchronized void giveBack(HostId host) {
        Deque<Instant> times = asked.get(host);
        if (times != null) {
            times.pollLast();
        }
    }
}
