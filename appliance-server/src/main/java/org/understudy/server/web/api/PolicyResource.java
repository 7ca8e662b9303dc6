package org.understudy.server.web.api;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.ProtectionPolicy;

/**
 * A protection policy. Exactly one of {@code intervalSeconds} and {@code cron} is set; neither means runs by hand only.
 *
 * @param intervalSeconds from 5 to 604800
 * @param cron Quartz cron expression
 * @param windows runs start only inside one of these; empty: always
 * @param bandwidth first match wins; empty: no limit
 * @param objectiveSeconds alarm when a host has had no good point for this long
 * @param zone such as {@code Europe/Berlin}
 * @param freezeLimitMillis from 100 to 60000; null: 500
 */
public record PolicyResource(
        @Nullable String id,
        String name,
        @Nullable Long intervalSeconds,
        @Nullable String cron,
        @Nullable List<WindowResource> windows,
        @Nullable List<BandwidthResource> bandwidth,
        RetentionResource retention,
        long objectiveSeconds,
        String zone,
        @Nullable Long freezeLimitMillis,
        boolean scripts,
        boolean verifyAfterRun) {

    /** @param days empty: every day */
    public record WindowResource(@Nullable Set<DayOfWeek> days, LocalTime from, LocalTime to) {

        static WindowResource of(ProtectionPolicy.Window window) {
            return new WindowResource(window.days(), window.from(), window.to());
        }

        ProtectionPolicy.Window toWindow() {
            Set<DayOfWeek> chosen = days == null || days.isEmpty() ? EnumSet.allOf(DayOfWeek.class) : days;
            return new ProtectionPolicy.Window(chosen, from, to);
        }
    }

    /** @param window null: always */
    public record BandwidthResource(@Nullable WindowResource window, long bytesPerSecond) {}

    static PolicyResource of(ProtectionPolicy policy) {
        Long interval = null;
        String cron = null;
        switch (policy.schedule()) {
            case ProtectionPolicy.Schedule.Interval every ->
                interval = every.every().toSeconds();
            case ProtectionPolicy.Schedule.Cron expression -> cron = expression.expression();
            case ProtectionPolicy.Schedule.Manual manual -> {
                // Neither is set: only by hand.
            }
        }
        return new PolicyResource(
                policy.id().toString(),
                policy.name(),
                interval,
                cron,
                policy.windows().stream().map(WindowResource::of).toList(),
                policy.bandwidth().stream()
                        .map(limit -> new BandwidthResource(
                                limit.when().map(WindowResource::of).orElse(null), limit.bytesPerSecond()))
                        .toList(),
                RetentionResource.of(policy.retention()),
                policy.objective().toSeconds(),
                policy.zone().getId(),
                policy.freezeLimit().toMillis(),
                policy.scripts(),
                policy.verifyAfterRun());
    }

    ProtectionPolicy toPolicy(PolicyId policyId) {
        if (intervalSeconds != null && cron != null) {
            throw new IllegalArgumentException("a policy has either intervalSeconds or cron, not both");
        }
        return new ProtectionPolicy(
                policyId,
                name,
                schedule(),
                windows == null
                        ? List.of()
                        : windows.stream().map(WindowResource::toWindow).toList(),
                bandwidth == null
                        ? List.of()
                        : bandwidth.stream()
                                .map(limit -> new ProtectionPolicy.BandwidthLimit(
                                        Optional.ofNullable(limit.window()).map(WindowResource::toWindow),
                                        limit.bytesPerSecond()))
                                .toList(),
                retention.toRule(),
                Duration.ofSeconds(objectiveSeconds),
                ZoneId.of(zone),
                freezeLimitMillis == null
                        ? ProtectionPolicy.DEFAULT_FREEZE_LIMIT
                        : Duration.ofMillis(freezeLimitMillis),
                scripts,
                verifyAfterRun);
    }

    private ProtectionPolicy.Schedule schedule() {
        if (intervalSeconds != null) {
            return new ProtectionPolicy.Schedule.Interval(Duration.ofSeconds(intervalSeconds));
        }
        return cron != null ? new ProtectionPolicy.Schedule.Cron(cron) : new ProtectionPolicy.Schedule.Manual();
    }
}
