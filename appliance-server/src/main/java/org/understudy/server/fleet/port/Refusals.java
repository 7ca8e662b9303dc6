package org.understudy.server.fleet.port;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.server.fleet.FleetEvents;

/**
 * Logs who was turned away and tells the other modules. The same refusal of the same address counts once a minute: an agent that
 * keeps trying must not fill the log. Thread-safe.
 */
@Component
public class Refusals {

    private static final Logger log = LoggerFactory.getLogger(Refusals.class);
    private static final Duration QUIET = Duration.ofMinutes(1);
    private static final int MOST_REMEMBERED = 1000;

    private final ApplicationEventPublisher events;
    // Guarded by itself. In order of time; the oldest is dropped when there are too many.
    private final Map<String, Long> lastNanos = new LinkedHashMap<>();

    public Refusals(ApplicationEventPublisher events) {
        this.events = events;
    }

    public void refuse(String peerAddress, Problem problem) {
        String what = peerAddress + " " + problem.code() + " " + problem.values();
        if (!isNew(what)) {
            log.debug("Refused {} again: {}", peerAddress, problem.code());
            return;
        }
        log.warn("Refused {}: {} {}", peerAddress, problem.code(), problem.english());
        events.publishEvent(new FleetEvents.PeerRefused(peerAddress, problem));
    }

    private boolean isNew(String what) {
        long now = System.nanoTime();
        synchronized (lastNanos) {
            Long last = lastNanos.get(what);
            if (last != null && now - last < QUIET.toNanos()) {
                return false;
            }
            lastNanos.remove(what);
            lastNanos.put(what, now);
            if (lastNanos.size() > MOST_REMEMBERED) {
                lastNanos.remove(lastNanos.keySet().iterator().next());
            }
            return true;
        }
    }
}
