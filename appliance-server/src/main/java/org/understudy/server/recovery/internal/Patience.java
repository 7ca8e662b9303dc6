package org.understudy.server.recovery.internal;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * Tries an operation again while it fails for the moment, with growing pauses. Ends early when the server ends.
 *
 * @param ending falls when the server ends
 */
record Patience(CountDownLatch ending) {

    private static final Logger log = LoggerFactory.getLogger(Patience.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /**
     * @param limit no new try begins after it
     * @param givenUp asked before each new try
     * @throws ProblemException the last failure, or {@code CANCELLED} if the server ends
     */
    <T> T insist(String what, Duration limit, BooleanSupplier givenUp, Supplier<T> operation) {
        long end = System.nanoTime() + limit.toNanos();
        for (Duration pause = FIRST_PAUSE; ; pause = longer(pause)) {
            try {
                return operation.get();
            } catch (ProblemException e) {
                if (!passing(e) || givenUp.getAsBoolean() || System.nanoTime() + pause.toNanos() - end > 0) {
                    throw e;
                }
                log.info("{} failed for the moment and is tried again: {}", what, e.getMessage());
                rest(pause);
            }
        }
    }

    /** Tries until it succeeds or the server ends; whatever fails is tried again. */
    <T> T untilDone(String what, Supplier<T> operation) {
        for (Duration pause = FIRST_PAUSE; ; pause = longer(pause)) {
            try {
                return operation.get();
            } catch (ProblemException e) {
                if (e.problem().code() == ProblemCode.CANCELLED) {
                    throw e;
                }
                log.warn("{} failed and is tried again: {}", what, e.getMessage());
                rest(pause);
            }
        }
    }

    private static boolean passing(ProblemException e) {
        return e.problem().isTransient();
    }

    private static Duration longer(Duration pause) {
        Duration next = pause.multipliedBy(2);
        return next.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : next;
    }

    private void rest(Duration pause) {
        try {
            if (ending.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                throw ended();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ended();
        }
    }

    static ProblemException ended() {
        return Problem.of(ProblemCode.CANCELLED, "what", "a takeover's step, since the server ends")
                .asException();
    }
}
