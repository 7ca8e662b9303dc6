package org.understudy.server.web.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.understudy.server.protection.ProtectionLag;

/**
 * How old the protected data of a host is, as measured: at each instant of the window, what would be lost if the host died.
 *
 * @param overSeconds how much of the window was measured
 * @param nowSeconds the age now
 * @param p50Seconds half of the time it was at most this; {@code p99Seconds} likewise
 * @param points that appeared in the window
 * @param overlaps scheduled runs that were left out because the one before still went on
 * @param promiseSeconds the policy's objective, or null
 * @param kept part of the time in which the promise was kept, 0 to 1
 */
record LagResource(
        double overSeconds,
        double nowSeconds,
        double p50Seconds,
        double p99Seconds,
        double worstSeconds,
        int points,
        int overlaps,
        @Nullable Double promiseSeconds,
        double kept) {

    static LagResource of(ProtectionLag.Measured lag) {
        return new LagResource(
                seconds(lag.over()),
                seconds(lag.now()),
                seconds(lag.p50()),
                seconds(lag.p99()),
                seconds(lag.worst()),
                lag.points(),
                lag.overlaps(),
                lag.promise().map(LagResource::seconds).orElse(null),
                lag.kept());
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
