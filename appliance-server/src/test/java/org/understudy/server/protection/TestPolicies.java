package org.understudy.server.protection;

import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.ProtectionPolicy.BandwidthLimit;
import org.understudy.server.protection.ProtectionPolicy.Schedule;
import org.understudy.server.protection.ProtectionPolicy.Window;

/** Policies to change in one place each. */
record TestPolicies(ProtectionPolicy policy) {

    static TestPolicies everyHour(String name) {
        return new TestPolicies(new ProtectionPolicy(
                PolicyId.random(),
                name,
                new Schedule.Interval(Duration.ofHours(1)),
                List.of(),
                List.of(),
                new RetentionRule(100, 0, 0, 0, 0, 0),
                Duration.ofHours(4),
                ZoneOffset.UTC,
                Duration.ofSeconds(5),
                true,
                false));
    }

    PolicyId id() {
        return policy.id();
    }

    TestPolicies named(String name) {
        return with(name, policy.schedule(), policy.windows(), policy.bandwidth(), policy.retention(), policy.zone());
    }

    TestPolicies withSchedule(Schedule schedule) {
        return with(policy.name(), schedule, policy.windows(), policy.bandwidth(), policy.retention(), policy.zone());
    }

    TestPolicies withWindows(Window... windows) {
        return with(
                policy.name(),
                policy.schedule(),
                List.of(windows),
                policy.bandwidth(),
                policy.retention(),
                policy.zone());
    }

    TestPolicies withBandwidth(long bytesPerSecond) {
        return withLimits(new BandwidthLimit(Optional.empty(), bytesPerSecond));
    }

    TestPolicies withLimits(BandwidthLimit... limits) {
        return with(
                policy.name(), policy.schedule(), policy.windows(), List.of(limits), policy.retention(), policy.zone());
    }

    TestPolicies withRetention(RetentionRule rule) {
        return with(policy.name(), policy.schedule(), policy.windows(), policy.bandwidth(), rule, policy.zone());
    }

    TestPolicies in(ZoneId zone) {
        return with(policy.name(), policy.schedule(), policy.windows(), policy.bandwidth(), policy.retention(), zone);
    }

    TestPolicies verifying() {
        return new TestPolicies(new ProtectionPolicy(
                policy.id(),
                policy.name(),
                policy.schedule(),
                policy.windows(),
                policy.bandwidth(),
                policy.retention(),
                policy.objective(),
                policy.zone(),
                policy.freezeLimit(),
                policy.scripts(),
                true));
    }

    TestPolicies withTimes(Duration objective, Duration freezeLimit) {
        return new TestPolicies(new ProtectionPolicy(
                policy.id(),
                policy.name(),
                policy.schedule(),
                policy.windows(),
                policy.bandwidth(),
                policy.retention(),
                objective,
                policy.zone(),
                freezeLimit,
                policy.scripts(),
                policy.verifyAfterRun()));
    }

    private TestPolicies with(
            String name,
            Schedule schedule,
            List<Window> windows,
            List<BandwidthLimit> bandwidth,
            RetentionRule retention,
            ZoneId zone) {
        return new TestPolicies(new ProtectionPolicy(
                policy.id(),
                name,
                schedule,
                windows,
                bandwidth,
                retention,
                policy.objective(),
                zone,
                policy.freezeLimit(),
                policy.scripts(),
                policy.verifyAfterRun()));
    }
}
