package org.understudy.server.alerts.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.server.alerts.Severity;
import org.understudy.server.exports.ExportEvents;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.ProtectionEvents;
import org.understudy.server.recovery.RecoveryEvents;

/**
 * Turns what the modules publish into the event log. Listens and never acts: nothing that a module does depends on it.
 * A failure to write is logged by Spring and does not reach the publisher's work, because every publisher publishes after its
 * own transaction.
 */
@Component
class EventListeners {

    private final StoredEventLog log;
    private final Fleet fleet;
    private final Map<HostId, Boolean> runFailing = new ConcurrentHashMap<>();

    EventListeners(StoredEventLog log, Fleet fleet) {
        this.log = log;
        this.fleet = fleet;
    }

    @EventListener
    void on(FleetEvents event) {
        switch (event) {
            case FleetEvents.HostEnrolled e -> write(Severity.NOTICE, "host.enrolled", e.host(), Map.of(), null);
            case FleetEvents.AgentConnected e -> write(Severity.INFO, "agent.connected", e.host(), Map.of(), null);
            case FleetEvents.AgentDisconnected e ->
                write(Severity.NOTICE, "agent.disconnected", e.host(), Map.of("reason", e.reason()), null);
            case FleetEvents.PeerRefused e ->
                write(Severity.WARNING, "peer.refused", null, Map.of("peer", e.peerAddress()), e.problem());
            case FleetEvents.HostRetired e -> write(Severity.NOTICE, "host.retired", e.host(), Map.of(), null);
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
            case ProtectionEvents.RecoveryPointCreated e -> {
                boolean recovered = runFailing.remove(e.host()) != null;
                Severity severity = recovered ? Severity.NOTICE : Severity.INFO;
                String kind = recovered ? "run.recovered" : "point.created";
                write(severity, kind, e.host(), Map.of("point", e.point().toString()), null);
            }
            case ProtectionEvents.RecoveryPointRemoved e ->
                write(
                        e.byRetention() ? Severity.INFO : Severity.NOTICE,
                        e.byRetention() ? "point.pruned" : "point.deleted",
                        e.host(),
                        Map.of("point", e.point().toString()),
                        null);
            case ProtectionEvents.PointVerified e ->
                write(
                        Severity.INFO,
                        "point.verified",
                        e.host(),
                        Map.of("point", e.point().toString()),
                        null);
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
