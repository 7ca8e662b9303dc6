package org.understudy.server.protection;

import java.time.Duration;
import java.util.Optional;
import org.understudy.server.kernel.HostId;

/**
 * How old the protected data of a host is, as measured: what would be lost if the host died now. It counts from the instant at which the
 * transfer of the newest point began, for all that was written before is in that point, until the next point is in the catalogue. Thread-safe.
 */
public interface ProtectionLag {

    /** @param window looks back this long, at most a day; empty if the host has had no point in it or before */
    Optional<Measured> measured(HostId host, Duration window);

    /**
     * The age over all instants of the window, not only at those at which a point appeared.
     *
     * @param over how much of the window was measured: less, if the first point is younger
     * @param now age at this instant
     * @param p50 half of the time it was at most this
     * @param p99 at all but one hundredth of the time it was at most this
     * @param points that appeared in the window
     * @param overlaps scheduled runs that were left out because the one before still went on
     * @param promise the policy's objective
     * @param kept part of the time in which the age was within the promise; 1 without one
     */
    record Measured(
            Duration over,
            Duration now,
            Duration p50,
            Duration p99,
            Duration worst,
            int points,
            int overlaps,
            Optional<Duration> promise,
            double kept) {}
}
