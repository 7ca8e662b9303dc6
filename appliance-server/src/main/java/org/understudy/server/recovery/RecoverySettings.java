package org.understudy.server.recovery;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings {@code understudy.recovery.*}: durations as {@code 250ms}, {@code 10m}.
 *
 * @param probeInterval pause between two questions of an open probe
 * @param probeLimit how long an open probe is asked, from the moment in which the machine runs
 * @param connectLimit longest wait for a connection to the guest
 * @param answerLimit longest wait for the guest's answer on a connection
 * @param screenshotInterval pause between two pictures of the screen while probes are open
 * @param watchInterval pause between two looks at whether the machine still runs
 * @param shutDownPatience how long a guest may take to shut down before it is ended
 * @param retryLimit how long a step is tried again when the hypervisor or the pool fails for the moment
 * @param takeoverReservePercent part of the memory and processors for machines that drills leave to takeovers, 0 to 90
 * @param cpuOvercommit virtual processors that machines may have together for each real one, 1 to 64
 */
@Validated
@ConfigurationProperties("understudy.recovery")
public record RecoverySettings(
        @DefaultValue("250ms") @NotNull @DurationMin(millis = 1, message = "must be at least 1ms")
        Duration probeInterval,

        @DefaultValue("10m") @NotNull @DurationMin(millis = 1, message = "must be at least 1ms")
        Duration probeLimit,

        @DefaultValue("1s") @NotNull @DurationMin(millis = 1, message = "must be at least 1ms")
        Duration connectLimit,

        @DefaultValue("5s") @NotNull @DurationMin(millis = 1, message = "must be at least 1ms")
        Duration answerLimit,

        @DefaultValue("3s") @NotNull @DurationMin(millis = 1, message = "must be at least 1ms")
        Duration screenshotInterval,

        @DefaultValue("2s") @NotNull @DurationMin(millis = 1, message = "must be at least 1ms")
        Duration watchInterval,

        @DefaultValue("60s") @NotNull @DurationMin(millis = 1, message = "must be at least 1ms")
        Duration shutDownPatience,

        @DefaultValue("30s") @NotNull @DurationMin(millis = 0, message = "must not be negative")
        Duration retryLimit,

        @DefaultValue("25")
        @Min(value = 0, message = "must be from 0 to 90")
        @Max(value = 90, message = "must be from 0 to 90")
        int takeoverReservePercent,

        @DefaultValue("16")
        @Min(value = 1, message = "must be from 1 to 64")
        @Max(value = 64, message = "must be from 1 to 64")
        int cpuOvercommit) {}
