package org.understudy.server.protection.internal;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.understudy.server.kernel.Setting;

/**
 * Settings under {@code understudy.protection}.
 *
 * @param runsAtOnce backup runs of all hosts together that move data at the same time, 1 to 64
 * @param retries how often a run that failed for a passing reason is tried again, 0 to 10
 * @param retryDelay wait before the first retry, doubled for each further one; 1 s to 1 h
 * @param agentSilence longest time without progress or answer while data flows; 5 s to 1 h
 * @param agentPreparation longest time for opening and closing the view, pre- and post-scripts included; 5 s to 24 h
 * @param cancelPatience how long an agent is given to stop by itself before its connection is cut; 100 ms to 5 min
 * @param limitInterval how often a transfer's bandwidth limit is taken anew from its policy; 100 ms to 10 min
 * @param poolReservePercent part of the pool that runs leave free, 0 to 50
 * @param freshnessInterval how often hosts are checked against their objective; 10 s to 1 min
 */
@ConfigurationProperties("understudy.protection")
public record ProtectionSettings(
        @DefaultValue("4") int runsAtOnce,
        @DefaultValue("2") int retries,
        @DefaultValue("15s") Duration retryDelay,
        @DefaultValue("60s") Duration agentSilence,
        @DefaultValue("15m") Duration agentPreparation,
        @DefaultValue("10s") Duration cancelPatience,
        @DefaultValue("60s") Duration limitInterval,
        @DefaultValue("5") int poolReservePercent,
        @DefaultValue("15s") Duration freshnessInterval) {

    private static final String PREFIX = "understudy.protection.";

    public ProtectionSettings {
        Setting.range(PREFIX + "runs-at-once", runsAtOnce, 1, 64);
        Setting.range(PREFIX + "retries", retries, 0, 10);
        Setting.range(PREFIX + "retry-delay", retryDelay, Duration.ofSeconds(1), Duration.ofHours(1));
        Setting.range(PREFIX + "agent-silence", agentSilence, Duration.ofSeconds(5), Duration.ofHours(1));
        Setting.range(PREFIX + "agent-preparation", agentPreparation, Duration.ofSeconds(5), Duration.ofHours(24));
        Setting.range(PREFIX + "cancel-patience", cancelPatience, Duration.ofMillis(100), Duration.ofMinutes(5));
        Setting.range(PREFIX + "limit-interval", limitInterval, Duration.ofMillis(100), Duration.ofMinutes(10));
        Setting.range(PREFIX + "pool-reserve-percent", poolReservePercent, 0, 50);
        Setting.range(PREFIX + "freshness-interval", freshnessInterval, Duration.ofSeconds(10), Duration.ofMinutes(1));
    }
}
