package org.understudy.server.web.console;

import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.understudy.server.exports.ExportEvents;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.protection.ProtectionEvents;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.webui.view.ProgressView;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tells open pages what the modules publish. Never blocks a publisher. At most {@link #MOST_CLIENTS} pages at once; each stream
 * ends after a while and comes back.
 */
@Component
class LiveBroadcast {

    static final int MOST_CLIENTS = 200;
    private static final Duration FAREWELL = Duration.ofSeconds(2);
    private static final long NO_TIMEOUT = 0;

    private final JsonMapper json;
    private final Set<LiveClient> clients = ConcurrentHashMap.newKeySet();

    LiveBroadcast(JsonMapper json) {
        this.json = json;
    }

    /** A new stream; empty if too many are open. */
    Optional<SseEmitter> open(Phrases phrases) {
        if (clients.size() >= MOST_CLIENTS) {
            return Optional.empty();
        }
        SseEmitter emitter = new SseEmitter(NO_TIMEOUT);
        LiveClient[] self = new LiveClient[1];
        LiveClient client = new LiveClient(emitter, phrases, json, () -> clients.remove(self[0]));
        self[0] = client;
        clients.add(client);
        client.start();
        return Optional.of(emitter);
    }

    int openStreams() {
        return clients.size();
    }

    @EventListener
    void on(ProtectionEvents event) {
        switch (event) {
            case ProtectionEvents.RunChanged e ->
                send(LiveMessage.change("run", "runs", "run:" + e.run(), "host:" + e.host()));
            case ProtectionEvents.RunProgressed e ->
                send(new LiveMessage(
                        "progress",
                        List.of(),
                        Optional.of("progress:" + e.run()),
                        phrases -> words("run:" + e.run(), RunViews.progress(e.progress(), phrases))));
            case ProtectionEvents.RunFailed e ->
                send(LiveMessage.change("run", "runs", "alerts", "run:" + e.run(), "host:" + e.host()));
            case ProtectionEvents.RecoveryPointCreated e ->
                send(LiveMessage.change("point", "points", "alerts", "point:" + e.point(), "host:" + e.host()));
            case ProtectionEvents.RecoveryPointRemoved e ->
                send(LiveMessage.change("point", "points", "point:" + e.point(), "host:" + e.host()));
            case ProtectionEvents.VerificationProgressed e ->
                send(new LiveMessage(
                        "progress",
                        List.of(),
                        Optional.of("verification:" + e.point()),
                        phrases -> words(
                                "point:" + e.point(),
                                VerificationProgress.view(e.doneBlocks(), e.totalBlocks(), phrases))));
            case ProtectionEvents.PointVerified e ->
                send(LiveMessage.change("point", "points", "point:" + e.point(), "host:" + e.host()));
            case ProtectionEvents.PointSuspect e ->
                send(LiveMessage.change("point", "points", "alerts", "point:" + e.point(), "host:" + e.host()));
            case ProtectionEvents.HostStale e ->
                send(LiveMessage.change("alert", "alerts", "hosts", "host:" + e.host()));
            case ProtectionEvents.HostFresh e ->
                send(LiveMessage.change("alert", "alerts", "hosts", "host:" + e.host()));
        }
    }

    @EventListener
    void on(RecoveryEvents event) {
        switch (event) {
            case RecoveryEvents.TakeoverChanged e ->
                send(LiveMessage.change("takeover", "takeovers", "takeover:" + e.takeover(), "host:" + e.host()));
            case RecoveryEvents.TakeoverAnswered e ->
                send(LiveMessage.change(
                        "takeover",
                        "takeovers",
                        "points",
                        "alerts",
                        "takeover:" + e.takeover(),
                        "point:" + e.point(),
                        "host:" + e.host()));
            case RecoveryEvents.TakeoverFailed e ->
                send(LiveMessage.change(
                        "takeover",
                        "takeovers",
                        "alerts",
                        "takeover:" + e.takeover(),
                        "point:" + e.point(),
                        "host:" + e.host()));
            case RecoveryEvents.LeftoverFound e -> send(LiveMessage.change("alert", "alerts"));
        }
    }

    @EventListener
    void on(FleetEvents event) {
        switch (event) {
            case FleetEvents.HostEnrolled e -> send(LiveMessage.change("host", "hosts", "alerts", "host:" + e.host()));
            case FleetEvents.AgentConnected e -> send(LiveMessage.change("host", "hosts", "host:" + e.host()));
            case FleetEvents.AgentDisconnected e -> send(LiveMessage.change("host", "hosts", "host:" + e.host()));
            case FleetEvents.PeerRefused e -> send(LiveMessage.change("alert", "alerts"));
            case FleetEvents.HostRetired e -> send(LiveMessage.change("host", "hosts", "host:" + e.host()));
        }
    }

    @EventListener
    void on(ExportEvents event) {
        switch (event) {
            case ExportEvents.LoginRefused e -> send(LiveMessage.change("alert", "alerts"));
        }
    }

    /** Streams would hold up the end of the web server. */
    @EventListener(ContextClosedEvent.class)
    @PreDestroy
    void close() {
        List<LiveClient> open = List.copyOf(clients);
        open.forEach(LiveClient::end);
        long deadline = System.nanoTime() + FAREWELL.toNanos();
        try {
            for (LiveClient client : open) {
                if (!client.awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(LiveMessage message) {
        clients.forEach(client -> client.offer(message));
    }

    private static Map<String, Object> words(String subject, ProgressView progress) {
        return Map.of(
                "subject",
                subject,
                "permille",
                progress.permille(),
                "text",
                progress.text(),
                "rate",
                progress.rate(),
                "left",
                progress.left());
    }
}
