package org.understudy.server.protection;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.server.kernel.PolicyId;

/**
 * When hosts are backed up and how long points are kept.
 *
 * @param schedule when runs start
 * @param windows runs start only inside one of these; empty: always
 * @param bandwidth limits by time of day, first match wins; empty: none
 * @param objective alarm when a host has had no good point for this long
 * @param zone the zone of cron, windows, limits and retention days
 * @param freezeLimit longest time that file systems are held frozen; {@link #DEFAULT_FREEZE_LIMIT} unless somebody chose
 * @param verifyAfterRun read every new point back and compare digests
 */
public record ProtectionPolicy(
        PolicyId id,
        String name,
        Schedule schedule,
        List<Window> windows,
        List<BandwidthLimit> bandwidth,
        RetentionRule retention,
        Duration objective,
        ZoneId zone,
        Duration freezeLimit,
        boolean scripts,
        boolean verifyAfterRun) {

    /** Of new policies and of hosts without one: an application notices a pause of half a second, and hardly breaks by it. */
    public static final Duration DEFAULT_FREEZE_LIMIT = Duration.ofMillis(500);

    /** Schedules with a shorter interval are continuous protection: what goes well there is told in sums, not one by one. */
    private static final Duration CONTINUOUS_BELOW = Duration.ofMinutes(5);

    /** Whether points are so close together that nobody wants to hear of each. */
    public boolean isContinuous() {
        return schedule instanceof Schedule.Interval interval
                && interval.every().compareTo(CONTINUOUS_BELOW) < 0;
    }

    /** When runs start. */
    public sealed interface Schedule {

        /** From 5 seconds to 7 days. */
        record Interval(Duration every) implements Schedule {}

        /** A Quartz cron expression, six or seven fields. */
        record Cron(String expression) implements Schedule {}

        /** Only by hand. */
        record Manual() implements Schedule {}
    }

    /** Part of the week; {@code to} before {@code from} reaches into the next day. */
    public record Window(Set<DayOfWeek> days, LocalTime from, LocalTime to) {}

    /**
     * @param when empty: always
     * @param bytesPerSecond at least 64 KiB
     */
    public record BandwidthLimit(Optional<Window> when, long bytesPerSecond) {}
}
