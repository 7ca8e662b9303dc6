package org.understudy.server.fleet.port;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.kernel.OncePerMinute;

/**
 * Logs who was turned away and tells the other modules. The same refusal of the same address counts once a minute: an agent that
 * keeps trying must not fill the log. Thread-safe.
 */
@Component
public class Refusals {

    private static final Logger log = LoggerFactory.getLogger(Refusals.class);
    private final ApplicationEventPublisher events;
    private final OncePerMinute news = new OncePerMinute();

    public Refusals(ApplicationEventPublisher events) {
        this.events = events;
    }

    public void refuse(String peerAddress, Problem problem) {
        String what = peerAddress + " " + problem.code() + " " + problem.values();
        if (!news.isNews(what)) {
            log.debug("Refused {} again: {}", peerAddress, problem.code());
            return;
        }
        log.warn("Refused {}: {} {}", peerAddress, problem.code(), problem.english());
        events.publishEvent(new FleetEvents.PeerRefused(peerAddress, problem));
    }
}
