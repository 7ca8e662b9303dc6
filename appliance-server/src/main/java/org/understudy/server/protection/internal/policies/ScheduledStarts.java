package org.understudy.server.protection.internal.policies;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.BackupRun.Trigger;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionPolicy;

/**
 * Starts runs that nobody asks for by hand: scheduled ones, retries, and missed ones when the agent is back. One that cannot
 * start now is noted and counted, never an error. Thread-safe.
 */
@Component
class ScheduledStarts {

    private static final Logger log = LoggerFactory.getLogger(ScheduledStarts.class);

    private final BackupRuns runs;
    private final Policies policies;
    private final Fleet fleet;
    private final HostNotes notes;
    private final LagMeter lag;
    private final Clock clock;
    private final MeterRegistry meters;

    ScheduledStarts(
            BackupRuns runs,
            Policies policies,
            Fleet fleet,
            HostNotes notes,
            LagMeter lag,
            Clock clock,
            MeterRegistry meters) {
        this.runs = runs;
        this.policies = policies;
        this.fleet = fleet;
        this.notes = notes;
        this.lag = lag;
        this.clock = clock;
        this.meters = meters;
    }

    /** @param due when it should have started */
    void start(HostId id, Trigger trigger, Instant due) {
        Optional<ProtectedHost> host = fleet.host(id).filter(found -> !found.retired());
        if (host.isEmpty()) {
            log.info("a run of host {} was due but the host is gone", id);
            return;
        }
        String name = host.get().name();
        Optional<ProtectionPolicy> policy = host.get().policy().flatMap(policies::policy);
        boolean inside = policy.map(
                        found -> WeekWindows.mayStart(found, clock.instant().atZone(found.zone())))
                .orElse(true);
        if (!inside) {
            log.info("run of {} due at {} skipped: outside the windows of its policy", name, due);
            skip(id, due, HostNotes.SkipReason.WINDOW);
            return;
        }
        try {
            runs.start(id, trigger);
        } catch (ProblemException e) {
            if (e.problem().code() == ProblemCode.AGENT_OFFLINE) {
                log.info("run of {} due at {} missed: its agent is not connected", name, due);
                skip(id, due, HostNotes.SkipReason.OFFLINE);
            } else if (e.problem().code() == ProblemCode.RUN_IN_PROGRESS) {
                log.info("run of {} due at {} skipped: the run before still goes on", name, due);
                skip(id, due, HostNotes.SkipReason.RUNNING);
                lag.overlapped(id);
            } else {
                log.warn(
                        "run of {} due at {} did not start: {}",
                        name,
                        due,
                        e.problem().english());
            }
        }
    }

    @EventListener
    void on(FleetEvents.AgentConnected event) {
        notes.takeMissed(event.host()).ifPresent(due -> start(event.host(), Trigger.MADE_UP, due));
    }

    private void skip(HostId host, Instant due, HostNotes.SkipReason reason) {
        notes.skipped(host, due, reason);
        meters.counter("understudy.runs.skipped", "reason", reason.name().toLowerCase(Locale.ROOT))
                .increment();
    }
}
