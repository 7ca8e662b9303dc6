package org.understudy.agent.connection;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Waiting times between attempts: doubling from 0.5 s to 30 s, each shortened by a random part of up to one half, so that a fleet
 * does not come back in step. Not thread-safe.
 */
final class Backoff {

    static final Duration SHORTEST = Duration.ofMillis(500);
    static final Duration LONGEST = Duration.ofSeconds(30);

    private final RandomGenerator random;
    private Duration next = SHORTEST;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /** How long to wait before the next attempt; the one after waits twice as long. */
    Duration next() {
        Duration full = next;
        next = full.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : full.multipliedBy(2);
        return jittered(full);
    }

    /** The longest wait, for a refusal that will hardly pass by itself. */
    Duration longest() {
        next = LONGEST;
        return jittered(LONGEST);
    }

    /** The last connection was good: begin with the shortest wait again. */
    void reset() {
        next = SHORTEST;
    }

    private Duration jittered(Duration full) {
        long half = full.toMillis() / 2;
        return Duration.ofMillis(half + random.nextLong(half + 1));
    }
}
