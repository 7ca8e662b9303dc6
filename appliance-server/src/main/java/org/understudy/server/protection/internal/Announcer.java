package org.understudy.server.protection.internal;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import org.understudy.server.protection.ProtectionEvents;

/**
 * Publishes events of protection, always outside a transaction and after the fact that they tell of was stored. A listener that
 * fails must not stop a backup: its failure is logged here and goes no further. Thread-safe.
 */
@Component
public class Announcer {

    private static final Logger log = LoggerFactory.getLogger(Announcer.class);

    private final ApplicationEventPublisher publisher;

    public Announcer(ApplicationEventPublisher publisher) {
        this.publisher = publisher;
    }

    public void announce(ProtectionEvents event) {
        try {
            publisher.publishEvent(event);
        } catch (RuntimeException e) {
            log.warn("a listener failed on {}", event, e);
        }
    }
}
