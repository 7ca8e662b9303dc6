package org.understudy.server.web.console;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.Acceleration;
import org.understudy.server.hypervisor.Hypervisor;

/**
 * Whether guests run in hardware, as far as it is known. The hypervisor finds out by starting a guest, which takes a while, so
 * pages never wait for it: the question is asked in the background, and again a minute after a failure. Thread-safe.
 */
@Component
class AccelerationStatus {

    private static final Logger LOG = LoggerFactory.getLogger(AccelerationStatus.class);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Hypervisor hypervisor;
    private final Clock clock;
    private volatile Optional<Acceleration> known = Optional.empty();
    /** Guarded by this. */
    private Optional<Instant> askedAt = Optional.empty();

    AccelerationStatus(Hypervisor hypervisor, Clock clock) {
        this.hypervisor = hypervisor;
        this.clock = clock;
    }

    Optional<Acceleration> now() {
        if (known.isEmpty() && due()) {
            Thread.ofVirtual().name("acceleration").start(this::ask);
        }
        return known;
    }

    private synchronized boolean due() {
        Instant now = clock.instant();
        if (askedAt.filter(before -> before.plus(PATIENCE).isAfter(now)).isPresent()) {
            return false;
        }
        askedAt = Optional.of(now);
        return true;
    }

    private void ask() {
        try {
            known = Optional.of(hypervisor.acceleration());
        } catch (ProblemException e) {
            LOG.warn("It is not known yet whether guests are accelerated: {}", e.getMessage());
        }
    }
}
