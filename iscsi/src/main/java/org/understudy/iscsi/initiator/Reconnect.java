package org.understudy.iscsi.initiator;

import java.time.Duration;

/**
 * What a session does when its connection is lost: it logs in again under the same ISID, which ends what is left of the old
 * session at the target (RFC 7143 section 6.3.5), makes sure that the units are the same, and sends again what was not answered.
 *
 * @param maxAttempts logins tried after one loss, and times that one command is sent again, at least 1
 * @param limit longest time from the loss to a usable session
 * @param firstDelay wait before the second login; the first is tried at once. Doubles with every further one
 * @param longestDelay the wait does not grow beyond
 */
public record Reconnect(int maxAttempts, Duration limit, Duration firstDelay, Duration longestDelay) {

    public Reconnect {
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("at least one attempt, not " + maxAttempts);
        }
        if (limit.isNegative() || limit.isZero() || firstDelay.isNegative() || longestDelay.compareTo(firstDelay) < 0) {
            throw new IllegalArgumentException("the limit must be positive and the delays must not shrink");
        }
    }

    /** As many attempts as fit into {@code limit}, 100 ms to 5 s apart. */
    public static Reconnect within(Duration limit) {
        return new Reconnect(1000, limit, Duration.ofMillis(100), Duration.ofSeconds(5));
    }

    /** Wait before attempt {@code number}, counted from 1. */
    Duration delayBefore(int number) {
        if (number == 1 || firstDelay.isZero()) {
            return Duration.ZERO;
        }
        int doublings = Math.min(number - 2, 30);
        Duration delay = firstDelay.multipliedBy(1L << doublings);
        return delay.compareTo(longestDelay) > 0 ? longestDelay : delay;
    }
}
