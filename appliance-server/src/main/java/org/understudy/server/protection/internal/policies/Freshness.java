package org.understudy.server.protection.internal.policies;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionEvents;
import org.understudy.server.protection.ProtectionEvents.HostFresh;
import org.understudy.server.protection.ProtectionEvents.HostStale;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.internal.Announcer;
import org.understudy.server.protection.internal.points.PointCatalogue;

/**
 * Whether a host has a good point within its policy's objective. A change is published once, also over a restart. A host
 * without a policy, or retired, promises nothing and is never stale. Thread-safe.
 */
@Component
class Freshness {

    private static final Logger log = LoggerFactory.getLogger(Freshness.class);

    private final Policies policies;
    private final PointCatalogue points;
    private final Fleet fleet;
    private final HostNotes notes;
    private final LagMeter lag;
    private final Announcer announcer;
    private final Clock clock;
    private final MeterRegistry meters;
    private final Map<HostId, Known> known = new ConcurrentHashMap<>();

    /** What the gauges of a host show. */
    private static final class Known {
        volatile Optional<Instant> newestGood = Optional.empty();
        volatile boolean stale;
    }

    Freshness(
            Policies policies,
            PointCatalogue points,
            Fleet fleet,
            HostNotes notes,
            LagMeter lag,
            Announcer announcer,
            Clock clock,
            MeterRegistry meters) {
        this.policies = policies;
        this.points = points;
        this.fleet = fleet;
        this.notes = notes;
        this.lag = lag;
        this.announcer = announcer;
        this.clock = clock;
        this.meters = meters;
    }

    @EventListener
    void on(ProtectionEvents event) {
        switch (event) {
            case ProtectionEvents.RecoveryPointCreated created -> appeared(created);
            case ProtectionEvents.RecoveryPointRemoved removed -> check(removed.host());
            case ProtectionEvents.PointSuspect suspect -> check(suspect.host());
            case ProtectionEvents.PointVerified verified -> check(verified.host());
            case ProtectionEvents.RunChanged e -> {}
            case ProtectionEvents.RunProgressed e -> {}
            case ProtectionEvents.RunFailed e -> {}
            case ProtectionEvents.VerificationProgressed e -> {}
            case HostStale e -> {}
            case HostFresh e -> {}
        }
    }

    /** A promise that was broken between two checks and is kept again now is told all the same. */
    private void appeared(ProtectionEvents.RecoveryPointCreated created) {
        Optional<Duration> peak = lag.appeared(created.host(), created.run());
        fleet.host(created.host()).ifPresent(host -> {
            Optional<Duration> promise = promise(host);
            if (peak.isPresent()
                    && promise.isPresent()
                    && peak.get().compareTo(promise.get()) > 0
                    && !notes.stale(host.id())) {
                notes.stale(host.id(), true);
                log.warn("the data of {} was {} old, its objective is {}", host.name(), peak.get(), promise.get());
                announcer.announce(
                        new HostStale(host.id(), Optional.of(clock.instant().minus(peak.get()))));
            }
            check(host);
        });
    }

    private Optional<Duration> promise(ProtectedHost host) {
        return host.retired()
                ? Optional.empty()
                : host.policy().flatMap(policies::policy).map(ProtectionPolicy::objective);
    }

    private void check(HostId host) {
        fleet.host(host).ifPresent(this::check);
    }

    synchronized void check(ProtectedHost host) {
        Optional<Instant> newest = points.newestGood(host.id());
        boolean stale = isStale(host, newest);
        Known state = known.computeIfAbsent(host.id(), this::register);
        state.newestGood = newest;
        state.stale = stale;
        if (stale == notes.stale(host.id())) {
            return;
        }
        notes.stale(host.id(), stale);
        if (stale) {
            log.warn("{} has no good point within its objective; newest: {}", host.name(), newest.orElse(null));
            announcer.announce(new HostStale(host.id(), newest));
        } else {
            log.info("{} is within its objective again", host.name());
            announcer.announce(new HostFresh(host.id()));
        }
    }

    private boolean isStale(ProtectedHost host, Optional<Instant> newest) {
        Optional<Duration> objective = promise(host);
        // A host that never had a point is given as long as one whose point is getting old.
        Instant since = newest.orElse(host.enrolledAt());
        return objective.isPresent() && since.plus(objective.get()).isBefore(clock.instant());
    }

    private Known register(HostId host) {
        Known state = new Known();
        Gauge.builder("understudy.newest.good.point.age", state, this::ageSeconds)
                .baseUnit("seconds")
                .tag("host", host.toString())
                .register(meters);
        Gauge.builder("understudy.host.stale", state, s -> s.stale ? 1 : 0)
                .tag("host", host.toString())
                .register(meters);
        return state;
    }

    private double ageSeconds(Known state) {
        return state.newestGood
                .map(taken -> Duration.between(taken, clock.instant()).toMillis() / 1000.0)
                .orElse(Double.NaN);
    }
}
