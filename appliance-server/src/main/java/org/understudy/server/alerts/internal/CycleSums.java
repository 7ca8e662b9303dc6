package org.understudy.server.alerts.internal;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Component;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.ProtectionLag;

/**
 * Counts what goes well in continuous protection, so that an hour of a host is one row of the log and not a thousand and more. Counts
 * are in memory: what a killed server has not told is lost, though the points and runs themselves are kept elsewhere. Thread-safe.
 */
@Component
class CycleSums {

    private static final Duration LENGTH = Duration.ofHours(1);

    private final ProtectionLag lag;
    private final Clock clock;
    private final Map<HostId, Counts> hosts = new HashMap<>();

    CycleSums(ProtectionLag lag, Clock clock) {
        this.lag = lag;
        this.clock = clock;
    }

    /** Guarded by the monitor of the outer object. */
    private static final class Counts {
        private final Instant since;
        private int points;
        private int thinned;
        private int verified;

        Counts(Instant since) {
            this.since = since;
        }
    }

    /** A new point. Returns the sum that is to be told now, if an hour is full; the point belongs to it. */
    Optional<CycleSum> point(HostId host) {
        Counts full;
        Instant now = clock.instant();
        synchronized (this) {
            Counts counts = counts(host);
            counts.points++;
            if (Duration.between(counts.since, now).compareTo(LENGTH) < 0) {
                return Optional.empty();
            }
            full = counts;
            hosts.put(host, new Counts(now));
        }
        return Optional.of(sum(host, full, now));
    }

    synchronized void thinned(HostId host) {
        counts(host).thinned++;
    }

    synchronized void verified(HostId host) {
        counts(host).verified++;
    }

    /** Continuous protection of the host pauses or ends. Returns what was not told yet, if there is something. */
    Optional<CycleSum> end(HostId host) {
        Counts rest;
        synchronized (this) {
            rest = hosts.remove(host);
        }
        return rest == null || rest.points + rest.thinned + rest.verified == 0
                ? Optional.empty()
                : Optional.of(sum(host, rest, clock.instant()));
    }

    /** As {@link #end} for all hosts. */
    List<CycleSum> endAll() {
        List<HostId> known;
        synchronized (this) {
            known = new ArrayList<>(hosts.keySet());
        }
        return known.stream().flatMap(host -> end(host).stream()).toList();
    }

    private Counts counts(HostId host) {
        return hosts.computeIfAbsent(host, unused -> new Counts(clock.instant()));
    }

    private CycleSum sum(HostId host, Counts counts, Instant now) {
        Duration over = Duration.between(counts.since, now);
        return new CycleSum(
                host,
                over,
                counts.points,
                counts.thinned,
                counts.verified,
                over.isPositive() ? lag.measured(host, over) : Optional.empty());
    }
}
