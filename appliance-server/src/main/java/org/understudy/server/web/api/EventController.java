package org.understudy.server.web.api;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.server.alerts.EventLog;
import org.understudy.server.alerts.LoggedEvent;
import org.understudy.server.kernel.HostId;

/** What happened on this appliance. */
@RestController
@RequestMapping("/api/v1/events")
class EventController {

    private final EventLog events;

    EventController(EventLog events) {
        this.events = events;
    }

    /** @param text the event as one sentence in the reader's language */
    record EventResource(
            long id,
            Instant at,
            String severity,
            String kind,
            @Nullable String hostId,
            Map<String, String> values,
            String text,
            @Nullable ProblemResource problem,
            boolean acknowledged) {}

    @GetMapping
    List<EventResource> recent(
            @RequestParam(defaultValue = "100") int limit, @RequestParam @Nullable HostId host, Locale locale) {
        return events.recent(Math.clamp(limit, 1, 1000), Optional.ofNullable(host)).stream()
                .map(event -> resource(event, locale))
                .toList();
    }

    @GetMapping("/attention")
    List<EventResource> needingAttention(Locale locale) {
        return events.needingAttention().stream()
                .map(event -> resource(event, locale))
                .toList();
    }

    @PostMapping("/{event}/acknowledge")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void acknowledge(@PathVariable long event) {
        events.acknowledge(event);
    }

    private EventResource resource(LoggedEvent event, Locale locale) {
        return new EventResource(
                event.id(),
                event.at(),
                event.severity().name(),
                event.kind(),
                event.host().map(Object::toString).orElse(null),
                event.values(),
                events.text(event, locale),
                event.problem()
                        .map(problem -> ProblemResource.of(problem, locale))
                        .orElse(null),
                event.acknowledged());
    }
}
