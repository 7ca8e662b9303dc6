package org.understudy.server.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.BackupRun.Trigger;
import org.understudy.server.protection.ProtectionPolicy.BandwidthLimit;
import org.understudy.server.protection.ProtectionPolicy.Schedule;
import org.understudy.server.protection.ProtectionPolicy.Window;
import org.understudy.server.storage.CloneId;

class PoliciesTest {

    private static final int MIB = 1 << 20;

    @TempDir
    Path pool;

    private Appliance appliance;

    @BeforeEach
    void start() {
        appliance = new Appliance(pool).start();
    }

    @AfterEach
    void stop() {
        appliance.close();
    }

    @Test
    void theFirstStartMakesAStandardPolicyAndLaterOnesDoNot() {
        assertThat(appliance.policies().policies()).singleElement().satisfies(policy -> {
            assertThat(policy.name()).isEqualTo("Standard");
            assertThat(policy.schedule()).isEqualTo(new Schedule.Interval(Duration.ofHours(1)));
            assertThat(policy.retention()).isEqualTo(new RetentionRule(24, 0, 14, 8, 12, 0));
        });
        ProtectionPolicy own = TestPolicies.everyHour("own").policy();
        appliance.policies().save(own);
        appliance
                .policies()
                .delete(appliance.policies().policies().stream()
                        .filter(policy -> policy.name().equals("Standard"))
                        .findFirst()
                        .orElseThrow()
                        .id());
        appliance.stop();
        appliance.start();
        assertThat(appliance.policies().policies()).containsExactly(own);
    }

    @Test
    void aPolicyIsStoredWithEverythingInIt() {
        Window window =
                new Window(EnumSet.of(DayOfWeek.MONDAY, DayOfWeek.SUNDAY), LocalTime.of(22, 30), LocalTime.of(6, 0));
        ProtectionPolicy policy = TestPolicies.everyHour("Nächte 夜")
                .withSchedule(new Schedule.Cron("0 15 22 ? * MON-FRI"))
                .withWindows(window)
                .withLimits(
                        new BandwidthLimit(Optional.of(window), 1 << 20), new BandwidthLimit(Optional.empty(), 65_536))
                .withRetention(new RetentionRule(1, 2, 3, 4, 5, 6))
                .in(ZoneId.of("Asia/Shanghai"))
                .verifying()
                .withTimes(Duration.ofHours(30), Duration.ofMillis(2500))
                .policy();
        assertThat(appliance.policies().save(policy)).isEqualTo(policy);
        assertThat(appliance.policies().policy(policy.id())).contains(policy);
        ProtectionPolicy byHand =
                new TestPolicies(policy).withSchedule(new Schedule.Manual()).policy();
        appliance.policies().save(byHand);
        assertThat(appliance.policies().policy(policy.id())).contains(byHand);
    }

    @Test
    void everyFaultOfAPolicyIsNamed() {
        ProtectionPolicy wrong = TestPolicies.everyHour(" ")
                .withSchedule(new Schedule.Interval(Duration.ofSeconds(4)))
                .withWindows(new Window(Set.of(), LocalTime.NOON, LocalTime.MIDNIGHT))
                .withBandwidth(65_535)
                .withRetention(new RetentionRule(-1, 0, 0, 0, 0, 10_001))
                .withTimes(Duration.ofSeconds(9), Duration.ofMinutes(2))
                .policy();
        assertThatThrownBy(() -> appliance.policies().save(wrong)).isInstanceOfSatisfying(ProblemException.class, e -> {
            assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_REQUEST);
            assertThat(e.problem().values().get("reason"))
                    .contains("needs a name")
                    .contains("interval 4s")
                    .contains("12:00 to 00:00 has no day")
                    .contains("65535 bytes per second")
                    .contains("last points")
                    .contains("yearly points")
                    .contains("objective 9s")
                    .contains("freeze limit 2m");
        });
        assertThat(PolicyFault.of(wrong, Instant.EPOCH))
                .hasSize(8)
                .allSatisfy(fault -> assertThat(fault.text(Locale.CHINESE)).doesNotContain("{"));
    }

    @Test
    void everyFaultHasItsTextInBothLanguages() {
        for (PolicyFault.Code code : PolicyFault.Code.values()) {
            PolicyFault fault = new PolicyFault(code, Map.of());
            assertThat(fault.text(Locale.ENGLISH)).isNotBlank();
            assertThat(fault.text(Locale.CHINESE)).isNotBlank().isNotEqualTo(fault.text(Locale.ENGLISH));
        }
    }

    @Test
    void schedulesAreCheckedAsTheSchedulerWillReadThem() {
        for (String bad : List.of("", "* * *", "0 0 25 * * ?", "0 0 0 1 1 ? 2020")) {
            assertThat(PolicyFault.of(
                            TestPolicies.everyHour("cron")
                                    .withSchedule(new Schedule.Cron(bad))
                                    .policy(),
                            appliance.clock.instant()))
                    .as(bad)
                    .hasSize(1);
        }
        for (Duration edge : List.of(Duration.ofSeconds(5), Duration.ofDays(7))) {
            assertThat(PolicyFault.of(
                            TestPolicies.everyHour("edge")
                                    .withSchedule(new Schedule.Interval(edge))
                                    .policy(),
                            appliance.clock.instant()))
                    .isEmpty();
        }
        assertThat(PolicyFault.of(
                        TestPolicies.everyHour("empty")
                                .withRetention(new RetentionRule(0, 0, 0, 0, 0, 0))
                                .policy(),
                        appliance.clock.instant()))
                .extracting(PolicyFault::code)
                .containsExactly(PolicyFault.Code.RETENTION_EMPTY);
    }

    @Test
    void namesAreUniqueWhateverTheirCase() {
        TestPolicies gold = TestPolicies.everyHour("Gold");
        appliance.policies().save(gold.policy());
        assertThatThrownBy(() -> appliance
                        .policies()
                        .save(TestPolicies.everyHour(" gold ").policy()))
                .hasMessageContaining("already called");
        assertThat(appliance.policies().save(gold.named("GOLD").policy()).name())
                .isEqualTo("GOLD");
    }

    @Test
    void aPolicyInUseIsNotDeleted() {
        ProtectionPolicy policy =
                appliance.policies().save(TestPolicies.everyHour("used").policy());
        HostId host = appliance.host("web1", MIB);
        appliance.fleet.assignPolicy(host, Optional.of(policy.id()));
        assertThatThrownBy(() -> appliance.policies().delete(policy.id()))
                .isInstanceOfSatisfying(ProblemException.class, e -> {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.CONFLICT);
                    assertThat(e.problem().values().get("reason")).contains("web1");
                });
        appliance.fleet.retire(host);
        appliance.policies().delete(policy.id());
        assertThat(appliance.policies().policy(policy.id())).isEmpty();
        appliance.policies().delete(PolicyId.random());
    }

    @Test
    void schedulesFollowHostsAndPolicies() {
        HostId host = appliance.host("web1", MIB);
        TestPolicies policy = TestPolicies.everyHour("hourly");
        appliance.policies().save(policy.policy());
        assertThat(appliance.scheduler.schedule("backup-run", host)).isEmpty();
        appliance.fleet.assignPolicy(host, Optional.of(policy.id()));
        tick();
        assertThat(appliance.scheduler.schedule("backup-run", host)).contains("every PT1H");
        appliance
                .policies()
                .save(policy.withSchedule(new Schedule.Cron("0 0 3 * * ?")).policy());
        assertThat(appliance.scheduler.schedule("backup-run", host)).contains("cron 0 0 3 * * ? Z");
        appliance.policies().save(policy.withSchedule(new Schedule.Manual()).policy());
        assertThat(appliance.scheduler.schedule("backup-run", host)).isEmpty();
        appliance.policies().save(policy.policy());
        appliance.stop();
        appliance.scheduler.clear();
        appliance.start();
        assertThat(appliance.scheduler.schedule("backup-run", host)).contains("every PT1H");
        appliance.fleet.retire(host);
        appliance.publish(new FleetEvents.HostRetired(host));
        assertThat(appliance.scheduler.schedule("backup-run", host)).isEmpty();
    }

    @Test
    void theFirstScheduledRunIsAnIntervalAfterTheNewestPointOrSoon() {
        TestPolicies policy = TestPolicies.everyHour("hourly");
        appliance.policies().save(policy.policy());
        HostId fresh = appliance.host("fresh", MIB);
        HostId backedUp = appliance.host("old", MIB);
        Instant taken = appliance.point(backedUp).takenAt();
        appliance.fleet.assignPolicy(fresh, Optional.of(policy.id()));
        appliance.fleet.assignPolicy(backedUp, Optional.of(policy.id()));
        tick();
        assertThat(appliance.scheduler.nextFireTime("backup-run", backedUp.toString()))
                .contains(taken.plus(Duration.ofHours(1)));
        assertThat(appliance
                        .scheduler
                        .nextFireTime("backup-run", fresh.toString())
                        .orElseThrow())
                .isBetween(appliance.clock.instant(), appliance.clock.instant().plusSeconds(5));
    }

    @Test
    void aScheduledRunStartsAndOneThatIsMadeUpSaysSo() {
        HostId host = appliance.host("web1", MIB);
        appliance.task("backup-run").run(host.toString(), appliance.clock.instant(), false);
        BackupRun first = appliance.runs().recent(host, 1).get(0);
        assertThat(first.trigger()).isEqualTo(Trigger.SCHEDULE);
        appliance.ended(first.id());
        appliance.task("backup-run").run(host.toString(), appliance.clock.instant(), true);
        BackupRun second = appliance.runs().recent(host, 1).get(0);
        assertThat(second.trigger()).isEqualTo(Trigger.MADE_UP);
        appliance.ended(second.id());
        appliance.task("backup-run").run(HostId.random().toString(), appliance.clock.instant(), false);
    }

    @Test
    void aRunOutsideItsWindowsIsSkippedAndCounted() {
        HostId host = appliance.host("web1", MIB);
        TestPolicies policy = TestPolicies.everyHour("nights")
                .withWindows(new Window(EnumSet.allOf(DayOfWeek.class), LocalTime.of(22, 0), LocalTime.of(6, 0)));
        appliance.policies().save(policy.policy());
        appliance.fleet.assignPolicy(host, Optional.of(policy.id()));
        appliance.task("backup-run").run(host.toString(), appliance.clock.instant(), false);
        assertThat(appliance.runs().recent(host, 1)).isEmpty();
        assertThat(appliance
                        .meters
                        .counter("understudy.runs.skipped", "reason", "window")
                        .count())
                .isEqualTo(1);
        appliance.clock.set(Instant.parse("2026-11-20T23:00:00Z"));
        appliance.task("backup-run").run(host.toString(), appliance.clock.instant(), false);
        appliance.ended(appliance.runs().recent(host, 1).get(0).id());
    }

    @Test
    void runsMissedWhileTheAgentWasAwayAreMadeUpOnce() {
        HostId host = appliance.host("web1", MIB);
        appliance.agents.disconnect(host);
        appliance.task("backup-run").run(host.toString(), appliance.clock.instant(), false);
        appliance.task("backup-run").run(host.toString(), appliance.clock.instant(), false);
        assertThat(appliance.runs().recent(host, 1)).isEmpty();
        appliance.stop();
        appliance.start();
        appliance.publish(new FleetEvents.AgentConnected(host));
        List<BackupRun> runs = appliance.runs().recent(host, 5);
        assertThat(runs).extracting(BackupRun::trigger).containsExactly(Trigger.MADE_UP);
        appliance.ended(runs.get(0).id());
        appliance.publish(new FleetEvents.AgentConnected(host));
        assertThat(appliance.runs().recent(host, 5)).hasSize(1);
    }

    @Test
    void aHostIsStaleOnceAndFreshOnce() {
        HostId host = appliance.host("web1", MIB);
        TestPolicies policy = TestPolicies.everyHour("hourly");
        appliance.policies().save(policy.policy());
        tick();
        appliance.clock.advance(Duration.ofDays(2));
        tick();
        assertThat(appliance.events(ProtectionEvents.HostStale.class))
                .as("no policy, no promise")
                .isEmpty();
        appliance.fleet.assignPolicy(host, Optional.of(policy.id()));
        tick();
        tick();
        assertThat(appliance.events(ProtectionEvents.HostStale.class))
                .containsExactly(new ProtectionEvents.HostStale(host, Optional.empty()));
        appliance.stop();
        appliance.start();
        tick();
        RecoveryPoint point = appliance.point(host);
        assertThat(appliance.events(ProtectionEvents.HostFresh.class))
                .containsExactly(new ProtectionEvents.HostFresh(host));
        appliance.clock.advance(Duration.ofHours(4));
        tick();
        assertThat(appliance.events(ProtectionEvents.HostStale.class))
                .hasSize(2)
                .contains(new ProtectionEvents.HostStale(host, Optional.of(point.takenAt())));
        assertThat(appliance
                        .meters
                        .get("understudy.newest.good.point.age")
                        .tag("host", host.toString())
                        .gauge()
                        .value())
                .isBetween(4 * 3600.0, 4 * 3600.0 + 60);
        assertThat(appliance
                        .meters
                        .get("understudy.pool")
                        .tag("kind", "free")
                        .gauge()
                        .value())
                .isPositive();
    }

    @Test
    void retentionIsCarriedOutAfterARunAsThePreviewSays() {
        HostId host = appliance.host("web1", MIB);
        TestPolicies policy = TestPolicies.everyHour("two").withRetention(new RetentionRule(2, 0, 0, 0, 0, 0));
        RecoveryPoint first = appliance.point(host);
        RecoveryPoint second = appliance.point(host);
        RecoveryPoint third = appliance.point(host);
        appliance.points().pin(first.id(), true);
        assertThat(appliance.policies().preview(host, policy.policy().retention()))
                .extracting(Policies.RetentionDecision::point, Policies.RetentionDecision::kept)
                .containsExactly(tuple(third.id(), true), tuple(second.id(), true), tuple(first.id(), true));
        appliance.policies().save(policy.policy());
        appliance.fleet.assignPolicy(host, Optional.of(policy.id()));
        RecoveryPoint fourth = appliance.point(host);
        await().untilAsserted(() -> assertThat(appliance.points().points(host))
                .extracting(RecoveryPoint::id)
                .containsExactly(fourth.id(), third.id(), first.id()));
        assertThat(appliance.events(ProtectionEvents.RecoveryPointRemoved.class))
                .containsExactly(new ProtectionEvents.RecoveryPointRemoved(second.id(), host, true));
        assertThat(appliance.store.snapshot(host, second.id())).isEmpty();
    }

    @Test
    void pointsInUseAreLeftForTheNextTime() {
        HostId host = appliance.host("web1", MIB);
        RecoveryPoint used = appliance.point(host);
        appliance.store.cloneSnapshot(host, used.id(), new CloneId("drill-1"));
        TestPolicies policy = TestPolicies.everyHour("one").withRetention(new RetentionRule(1, 0, 0, 0, 0, 0));
        appliance.policies().save(policy.policy());
        appliance.fleet.assignPolicy(host, Optional.of(policy.id()));
        appliance.point(host);
        RecoveryPoint newest = appliance.point(host);
        await().untilAsserted(() -> assertThat(appliance.points().points(host))
                .extracting(RecoveryPoint::id)
                .containsExactly(newest.id(), used.id()));
    }

    private void tick() {
        appliance.task("protection-freshness").run("all", appliance.clock.instant(), false);
    }
}
