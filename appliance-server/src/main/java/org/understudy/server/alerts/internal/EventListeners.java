package org.understudy.server.alerts.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.server.alerts.Severity;
import org.understudy.server.exports.ExportEvents;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionEvents;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.recovery.RecoveryEvents;

/**
 * Turns what the modules publish into the event log. Listens and never acts: nothing that a module does depends on it. What goes
 * well in continuous protection is summed up; what does not is told one by one.
 *
 * <p>A failure to write is logged by Spring and does not reach the publisher's work, because every publisher publishes after its
 * own transaction.
 */
@Component
class EventListeners {

    private final StoredEventLog log;
    private final Fleet fleet;
    private final Policies policies;
    private final CycleSums cycles;
    private final Map<HostId, Boolean> runFailing = new ConcurrentHashMap<>();

    EventListeners(StoredEventLog log, Fleet fleet, Policies policies, CycleSums cycles) {
        this.log = log;
        this.fleet = fleet;
        this.policies = policies;
        this.cycles = cycles;
    }

    /** What was counted and not told yet would be lost with this process. */
    @EventListener
    void on(ContextClosedEvent event) {
        cycles.endAll().forEach(this::tell);
    }

    @EventListener
    void on(FleetEvents event) {
        switch (event) {
            case FleetEvents.HostEnrolled e -> write(Severity.NOTICE, "host.enrolled", e.host(), Map.of(), null);
            case FleetEvents.AgentConnected e -> write(Severity.INFO, "agent.connected", e.host(), Map.of(), null);
            case FleetEvents.AgentDisconnected e -> {
                cycles.end(e.host()).ifPresent(this::tell);
                write(Severity.NOTICE, "agent.disconnected", e.host(), Map.of("reason", e.reason()), null);
            }
            case FleetEvents.PeerRefused e ->
                write(Severity.WARNING, "peer.refused", null, Map.of("peer", e.peerAddress()), e.problem());
            case FleetEvents.HostRetired e -> {
                cycles.end(e.host()).ifPresent(this::tell);
                write(Severity.NOTICE, "host.retired", e.host(), Map.of(), null);
            }
        }
    }

    @EventListener
    void on(ExportEvents event) {
        switch (event) {
            case ExportEvents.LoginRefused e ->
                write(Severity.WARNING, "export.refused", null, Map.of("peer", e.peerAddress()), e.problem());
        }
    }

    @EventListener
    void on(ProtectionEvents event) {
        switch (event) {
            case ProtectionEvents.RunChanged e -> {
                // The run's own page shows each state; the log keeps what ends.
            }
            case ProtectionEvents.RunProgressed e -> {
                // Live pages only.
            }
            case ProtectionEvents.VerificationProgressed e -> {
                // Live pages only.
            }
            case ProtectionEvents.RunFailed e -> {
                runFailing.put(e.host(), true);
                Severity severity = e.willRetry() ? Severity.NOTICE : Severity.WARNING;
                String kind = e.willRetry() ? "run.failed.retrying" : "run.failed";
                write(severity, kind, e.host(), Map.of("state", e.failedIn().name()), e.problem());
            }
            case ProtectionEvents.RecoveryPointCreated e -> created(e);
            case ProtectionEvents.RecoveryPointRemoved e -> removed(e);
            case ProtectionEvents.PointVerified e -> verified(e);
            case ProtectionEvents.PointSuspect e ->
                write(
                        Severity.ALARM,
                        "point.suspect",
                        e.host(),
                        Map.of(
                                "point", e.point().toString(),
                                "disk", Integer.toString(e.disk()),
                                "offset", Long.toString(e.offset()),
                                "count", Long.toString(e.mismatches())),
                        null);
            case ProtectionEvents.HostStale e ->
                write(
                        Severity.ALARM,
                        "host.stale",
                        e.host(),
                        Map.of("newest", e.newest().map(Object::toString).orElse("-")),
                        null);
            case ProtectionEvents.HostFresh e -> write(Severity.NOTICE, "host.fresh", e.host(), Map.of(), null);
        }
    }

    private void created(ProtectionEvents.RecoveryPointCreated event) {
        boolean recovered = runFailing.remove(event.host()) != null;
        boolean counted = isContinuous(event.host());
        (counted ? cycles.point(event.host()) : cycles.end(event.host())).ifPresent(this::tell);
        if (recovered || !counted) {
            write(
                    recovered ? Severity.NOTICE : Severity.INFO,
                    recovered ? "run.recovered" : "point.created",
                    event.host(),
                    Map.of("point", event.point().toString()),
                    null);
        }
    }

    private void removed(ProtectionEvents.RecoveryPointRemoved event) {
        if (event.byRetention() && isContinuous(event.host())) {
            cycles.thinned(event.host());
            return;
        }
        write(
                event.byRetention() ? Severity.INFO : Severity.NOTICE,
                event.byRetention() ? "point.pruned" : "point.deleted",
                event.host(),
                Map.of("point", event.point().toString()),
                null);
    }

    private void verified(ProtectionEvents.PointVerified event) {
        if (isContinuous(event.host())) {
            cycles.verified(event.host());
            return;
        }
        write(
                Severity.INFO,
                "point.verified",
                event.host(),
                Map.of("point", event.point().toString()),
                null);
    }

    private boolean isContinuous(HostId host) {
        return fleet.host(host)
                .flatMap(ProtectedHost::policy)
                .flatMap(policies::policy)
                .filter(ProtectionPolicy::isContinuous)
                .isPresent();
    }

    private void tell(CycleSum sum) {
        write(Severity.INFO, "cycles.summed", sum.host(), sum.values(), null);
    }

    @EventListener
    void on(RecoveryEvents event) {
        switch (event) {
            case RecoveryEvents.TakeoverChanged e -> {
                // The takeover's own page shows each state; answers and failures are kept.
            }
            case RecoveryEvents.TakeoverAnswered e ->
                write(
                        Severity.NOTICE,
                        "takeover.answered",
                        e.host(),
                        Map.of(
                                "point", e.point().toString(),
                                "mode", e.mode().name(),
                                "seconds", Long.toString(e.after().toSeconds())),
                        null);
            case RecoveryEvents.LeftoverFound e ->
                write(
                        e.action() == RecoveryEvents.LeftoverAction.REMOVED ? Severity.NOTICE : Severity.WARNING,
                        switch (e.action()) {
                            case REMOVED -> "takeover.leftover.removed";
                            case ADOPTED -> "takeover.leftover.adopted";
                            case LEFT -> "takeover.leftover.left";
                        },
                        null,
                        Map.of("name", e.name()),
                        null);
            case RecoveryEvents.TakeoverFailed e ->
                write(
                        Severity.ALARM,
                        "takeover.failed",
                        e.host(),
                        Map.of(
                                "point",
                                e.point().toString(),
                                "state",
                                e.failedIn().name()),
                        e.problem());
        }
    }

    private void write(
            Severity severity,
            String kind,
            @Nullable HostId host,
            Map<String, String> values,
            @Nullable Problem problem) {
        Map<String, String> all = new java.util.HashMap<>(values);
        if (host != null) {
            all.put("host", fleet.host(host).map(ProtectedHost::name).orElse(host.toString()));
        }
        log.write(severity, kind, host, all, problem);
    }
}
