package org.understudy.server.web.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.core.protocol.Consistency;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RetentionRule;

class HostStatusTest {

    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static final HostId HOST = HostId.random();
    private static final Optional<ProtectionPolicy> TWO_HOURS = Optional.of(new ProtectionPolicy(
            PolicyId.random(),
            "two hours",
            new ProtectionPolicy.Schedule.Manual(),
            List.of(),
            List.of(),
            new RetentionRule(1, 0, 0, 0, 0, 0),
            Duration.ofHours(2),
            ZoneId.of("UTC"),
            Duration.ofSeconds(5),
            false,
            false));

    @Test
    void aGoodPointWithinTheObjectiveProtects() {
        assertThat(status(TWO_HOURS, false, 900, point(119, RecoveryPoint.State.UNVERIFIED)))
                .isEqualTo(HostStatus.Protection.PROTECTED);
        assertThat(status(TWO_HOURS, false, 900, point(121, RecoveryPoint.State.PROVEN)))
                .isEqualTo(HostStatus.Protection.STALE);
    }

    @Test
    void aDamagedPointDoesNotCount() {
        assertThat(status(
                        TWO_HOURS,
                        false,
                        900,
                        point(5, RecoveryPoint.State.SUSPECT),
                        point(130, RecoveryPoint.State.VERIFIED)))
                .isEqualTo(HostStatus.Protection.STALE);
        assertThat(status(TWO_HOURS, false, 900, point(5, RecoveryPoint.State.SUSPECT)))
                .isEqualTo(HostStatus.Protection.NEVER);
    }

    @Test
    void aNewHostHasTheTimeOfItsObjective() {
        assertThat(status(TWO_HOURS, false, 30)).isEqualTo(HostStatus.Protection.NEW);
        assertThat(status(TWO_HOURS, false, 121)).isEqualTo(HostStatus.Protection.NEVER);
    }

    @Test
    void withoutAPolicyOnlyRunsByHandProtect() {
        assertThat(status(Optional.empty(), false, 900)).isEqualTo(HostStatus.Protection.UNPROTECTED);
        assertThat(status(Optional.empty(), false, 900, point(5000, RecoveryPoint.State.VERIFIED)))
                .isEqualTo(HostStatus.Protection.BY_HAND);
        assertThat(status(TWO_HOURS, true, 900)).isEqualTo(HostStatus.Protection.RETIRED);
    }

    private static HostStatus.Protection status(
            Optional<ProtectionPolicy> policy, boolean retired, int enrolledMinutesAgo, RecoveryPoint... points) {
        ProtectedHost host = new ProtectedHost(
                HOST,
                "web",
                policy.map(ProtectionPolicy::id),
                Optional.empty(),
                List.of(),
                true,
                Optional.of(NOW),
                NOW.minus(Duration.ofMinutes(enrolledMinutesAgo)),
                "0.1.0",
                retired);
        return new HostStatus(host, policy, List.of(points), List.of(), NOW).protection();
    }

    private static RecoveryPoint point(int minutesAgo, RecoveryPoint.State state) {
        return new RecoveryPoint(
                PointId.random(),
                HOST,
                RunId.random(),
                NOW.minus(Duration.ofMinutes(minutesAgo)),
                state,
                Optional.empty(),
                Consistency.FILE_SYSTEM,
                "",
                false,
                Optional.empty(),
                0,
                0,
                0,
                List.of(),
                Optional.empty());
    }
}
