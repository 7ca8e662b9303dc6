package org.understudy.server.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.Consistency;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.server.exports.BlockExport;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun.State;
import org.understudy.server.protection.BackupRun.Trigger;

class BackupRunsTest {

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
    void theFirstRunGoesThroughAllStatesAndMakesAPointEqualToTheDisks() {
        HostId host = appliance.host("web1", 2 * MIB, MIB + 512);
        BackupRun run = appliance.backUp(host);
        assertThat(run.transitions())
                .extracting(BackupRun.Transition::state)
                .containsExactly(
                        State.REQUESTED,
                        State.DESCRIBING,
                        State.PREPARING,
                        State.OPENING_VIEW,
                        State.EXPORTING,
                        State.TRANSFERRING,
                        State.RELEASING,
                        State.SNAPSHOTTING,
                        State.COMMITTING,
                        State.CATALOGUING,
                        State.DONE);
        assertThat(run.first()).isTrue();
        assertThat(run.endedAt()).isPresent();
        assertThat(run.volumes().diskBytes()).isEqualTo(3L * MIB + 512);
        assertThat(run.volumes().sentBytes())
                .isEqualTo(run.volumes().usedBytes())
                .isPositive();
        RecoveryPoint point =
                appliance.points().point(run.point().orElseThrow()).orElseThrow();
        appliance.assertEqualsDisks(host, point);
        appliance.assertClean(host);
        assertThat(point.run()).isEqualTo(run.id());
        assertThat(point.state()).isEqualTo(RecoveryPoint.State.UNVERIFIED);
        assertThat(point.consistency()).isEqualTo(Consistency.FILE_SYSTEM);
        assertThat(appliance.events(ProtectionEvents.RecoveryPointCreated.class))
                .containsExactly(new ProtectionEvents.RecoveryPointCreated(point.id(), host, run.id()));
        assertThat(appliance.events(ProtectionEvents.RunChanged.class))
                .extracting(ProtectionEvents.RunChanged::state)
                .startsWith(State.REQUESTED)
                .endsWith(State.DONE)
                .hasSize(11);
    }

    @Test
    void theManifestTellsAllThatIsNeededToUnderstandThePoint() {
        HostId host = appliance.host("wéb one", MIB);
        RecoveryPoint point = appliance.point(host);
        Manifest manifest = appliance.points().manifest(point.id());
        assertThat(manifest.version()).isEqualTo(1);
        assertThat(manifest.hostName()).isEqualTo("wéb one");
        assertThat(manifest.takenAt()).isEqualTo(point.takenAt());
        assertThat(manifest.facts()).isEqualTo(appliance.agent(host).facts());
        assertThat(manifest.disks()).singleElement().satisfies(disk -> {
            assertThat(disk.key()).isEqualTo("disk-a");
            assertThat(disk.blockSize()).isEqualTo(64 * 1024);
            assertThat(disk.digestFileSha256()).hasSize(64);
        });
        assertThat(appliance.store.snapshot(host, point.id()).orElseThrow().properties())
                .containsEntry("run", point.run().toString())
                .containsEntry("host-name", "wéb one")
                .containsEntry("taken-at", point.takenAt().toString());
    }

    @Test
    void laterRunsSendOnlyChangedBlocksOnTopOfTheLastPoint() {
        HostId host = appliance.host("web1", 4 * MIB);
        RecoveryPoint first = appliance.point(host);
        appliance.agent(host).disk("disk-a")[MIB + 5] ^= 1;
        BackupRun second = appliance.backUp(host);
        assertThat(second.first()).isFalse();
        assertThat(second.volumes().sentBytes()).isEqualTo(64 * 1024);
        for (int i = 0; i < 5; i++) {
            appliance.agent(host).write("disk-a", MIB / 4, appliance.random);
            appliance.point(host);
        }
        assertThat(appliance.points().points(host))
                .hasSize(7)
                .isSortedAccordingTo((a, b) -> b.takenAt().compareTo(a.takenAt()));
        assertThat(appliance.points().points(host).get(6)).isEqualTo(first);
        List<ServerMessage.Transfer> transfers = appliance.agents.heard(ServerMessage.Transfer.class);
        assertThat(transfers.get(0).luns()).allMatch(lun -> lun.basePoint() == null);
        assertThat(transfers.get(1).luns())
                .allMatch(lun -> first.id().toString().equals(lun.basePoint()));
    }

    @Test
    void theTargetExistsForOneRunWithCredentialsOfItsOwnForThisHostAlone() {
        HostId host = appliance.host("web1", MIB);
        RecoveryPoint first = appliance.point(host);
        appliance.point(host);
        List<BlockExport> exports = appliance.exporter.history();
        assertThat(exports).hasSize(2);
        BlockExport export = exports.get(0);
        assertThat(export.iqn()).isEqualTo("iqn.2026-01.org.understudy:run-" + first.run());
        assertThat(export.onlyHost()).contains(host);
        assertThat(export.chapSecret()).hasSize(32).isNotEqualTo(exports.get(1).chapSecret());
        assertThat(export.chapUser()).isNotEqualTo(exports.get(1).chapUser());
        assertThat(export.luns()).allMatch(lun -> !lun.readOnly());
    }

    @Test
    void aDiskThatGrewKeepsItsBase() {
        HostId host = appliance.host("web1", MIB + 100);
        appliance.point(host);
        byte[] grown = java.util.Arrays.copyOf(appliance.agent(host).disk("disk-a"), 3 * MIB);
        appliance.agent(host).replace("disk-a", grown);
        BackupRun run = appliance.backUp(host);
        assertThat(run.state()).isEqualTo(State.DONE);
        assertThat(run.volumes().sentBytes()).isLessThanOrEqualTo(64 * 1024);
        appliance.assertEqualsDisks(
                host, appliance.points().point(run.point().orElseThrow()).orElseThrow());
    }

    @Test
    void aDiskThatShrankIsRefusedAndTheLastPointStays() {
        HostId host = appliance.host("web1", 2 * MIB);
        RecoveryPoint point = appliance.point(host);
        byte[] before = appliance.stored(host, point.id(), 0);
        appliance.agent(host).replace("disk-a", new byte[MIB]);
        BackupRun run = appliance.backUp(host);
        assertThat(run.problem().orElseThrow().code()).isEqualTo(ProblemCode.CONFLICT);
        assertThat(run.failedIn()).contains(State.PREPARING);
        assertThat(appliance.stored(host, point.id(), 0)).isEqualTo(before);
        appliance.assertClean(host);
    }

    @Test
    void aDiskThatWasAddedStartsFromZerosBesideTheOthersAndOneThatComesBackIsAnIncremental() {
        HostId host = appliance.host("web1", MIB);
        appliance.point(host);
        appliance.agent(host).addDisk("disk-b", MIB, appliance.random);
        appliance.point(host);
        appliance.fleet.selectDisks(host, Set.of("disk-a"));
        assertThat(appliance.point(host).disks()).hasSize(1);
        appliance.fleet.selectDisks(host, Set.of("disk-a", "disk-b"));
        appliance.agent(host).disk("disk-b")[0] ^= 1;
        BackupRun run = appliance.backUp(host);
        assertThat(run.volumes().sentBytes()).isEqualTo(64 * 1024);
        appliance.assertEqualsDisks(
                host, appliance.points().point(run.point().orElseThrow()).orElseThrow());
    }

    @Test
    void anAgentThatForgotItsDigestsIsGivenThoseOfTheBase() {
        HostId host = appliance.host("web1", 2 * MIB);
        appliance.point(host);
        FakeAgent reinstalled = new FakeAgent(host, appliance.exporter);
        reinstalled.replace("disk-a", appliance.agent(host).disk("disk-a"));
        appliance.agents.add(host, reinstalled);
        reinstalled.disk("disk-a")[0] ^= 1;
        BackupRun run = appliance.backUp(host);
        assertThat(run.state()).isEqualTo(State.DONE);
        assertThat(run.volumes().sentBytes()).isEqualTo(64 * 1024);
    }

    @Test
    void aSuspectPointIsNoBaseSoDamagedBlocksAreSentAgain() throws Exception {
        HostId host = appliance.host("web1", 2 * MIB);
        RecoveryPoint damaged = appliance.point(host);
        TestDamage.flipByte(
                appliance.store.snapshotDevice(new org.understudy.server.kernel.DiskId(host, 0), damaged.id()), 70_000);
        assertThat(appliance.points().verify(damaged.id()).get().state()).isEqualTo(RecoveryPoint.State.SUSPECT);
        BackupRun run = appliance.backUp(host);
        assertThat(run.volumes().sentBytes()).isEqualTo(run.volumes().usedBytes());
        assertThat(run.transitions()).anyMatch(transition -> transition.note().contains("suspect"));
        appliance.assertEqualsDisks(
                host, appliance.points().point(run.point().orElseThrow()).orElseThrow());
    }

    @Test
    void aHostHasOneRunAtATime() {
        HostId host = appliance.host("web1", MIB);
        appliance.agents.hold("Transfer");
        RunId run = appliance.runs().start(host, Trigger.MANUAL);
        assertThatThrownBy(() -> appliance.runs().start(host, Trigger.SCHEDULE))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.RUN_IN_PROGRESS));
        assertThat(appliance.runs().active()).extracting(BackupRun::id).containsExactly(run);
        appliance.agents.letGo("Transfer");
        assertThat(appliance.ended(run).state()).isEqualTo(State.DONE);
        assertThat(appliance.runs().active()).isEmpty();
        assertThat(appliance.backUp(host).state()).isEqualTo(State.DONE);
    }

    @Test
    void noMoreThanTheConfiguredNumberOfRunsMoveDataAtOnce() {
        appliance.close();
        appliance = new Appliance(pool.resolve("two"), Appliance.settings(2, 0)).start();
        appliance.agents.hold("Transfer");
        List<RunId> runs = List.of(1, 2, 3).stream()
                .map(i -> appliance.runs().start(appliance.host("web" + i, MIB), Trigger.MANUAL))
                .toList();
        await().until(() -> appliance.runs().active().stream()
                        .filter(run -> run.state() == State.TRANSFERRING)
                        .count()
                == 2);
        assertThat(appliance.runs().active())
                .filteredOn(run -> run.state() == State.REQUESTED)
                .hasSize(1);
        appliance.agents.letGo("Transfer");
        assertThat(runs).allMatch(run -> appliance.ended(run).state() == State.DONE);
    }

    @Test
    void aRunCanBeCancelledWhileItWaitsForAPlace() {
        appliance.close();
        appliance = new Appliance(pool.resolve("one"), Appliance.settings(1, 0)).start();
        appliance.agents.hold("Transfer");
        HostId busy = appliance.host("busy", MIB);
        HostId waiting = appliance.host("waiting", MIB);
        RunId first = appliance.runs().start(busy, Trigger.MANUAL);
        await().until(() -> appliance.runs().run(first).orElseThrow().state() == State.TRANSFERRING);
        RunId second = appliance.runs().start(waiting, Trigger.MANUAL);
        appliance.runs().cancel(second);
        assertThat(appliance.ended(second).state()).isEqualTo(State.CANCELLED);
        appliance.agents.letGo("Transfer");
        appliance.ended(first);
        assertThat(appliance.backUp(waiting).state()).isEqualTo(State.DONE);
    }

    @Test
    void aCancelledTransferIsStoppedAtTheAgentAndRolledBack() {
        HostId host = appliance.host("web1", MIB);
        appliance.point(host);
        appliance.agent(host).write("disk-a", MIB, appliance.random);
        appliance.agents.hold("Transfer");
        RunId run = appliance.runs().start(host, Trigger.MANUAL);
        await().until(() -> appliance.agents.heard(ServerMessage.Transfer.class).size() == 2);
        appliance.runs().cancel(run);
        appliance.runs().cancel(run);
        BackupRun cancelled = appliance.ended(run);
        assertThat(cancelled.state()).isEqualTo(State.CANCELLED);
        assertThat(cancelled.problem()).isEmpty();
        assertThat(cancelled.point()).isEmpty();
        assertThat(appliance.agents.heard(ServerMessage.CancelRun.class)).hasSize(1);
        assertThat(appliance.events(ProtectionEvents.RunFailed.class)).isEmpty();
        appliance.assertClean(host);
        appliance.agents.letGo("Transfer");
        appliance.point(host);
    }

    @Test
    void anOrderlyStopInterruptsRunsAndTheNextStartTriesAgain() {
        HostId host = appliance.host("web1", MIB);
        appliance.agents.hold("Transfer");
        RunId run = appliance.runs().start(host, Trigger.MANUAL);
        await().until(() ->
                !appliance.agents.heard(ServerMessage.Transfer.class).isEmpty());
        appliance.stop();
        appliance.agents.letGo("Transfer");
        appliance.start();
        BackupRun interrupted = appliance.runs().run(run).orElseThrow();
        assertThat(interrupted.state()).isEqualTo(State.FAILED);
        assertThat(interrupted.failedIn()).contains(State.TRANSFERRING);
        assertThat(interrupted.problem().orElseThrow().code()).isEqualTo(ProblemCode.RUN_INTERRUPTED);
        assertThat(appliance.scheduler.schedule("backup-retry", run)).isPresent();
        appliance.assertClean(host);
        appliance.point(host);
    }

    @Test
    void unknownHostsAndAbsentAgentsAreRefused() {
        assertThatThrownBy(() -> appliance.runs().start(HostId.random(), Trigger.MANUAL))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.NOT_FOUND));
        HostId host = appliance.host("web1", MIB);
        appliance.agents.disconnect(host);
        assertThatThrownBy(() -> appliance.runs().start(host, Trigger.MANUAL))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.AGENT_OFFLINE));
        assertThat(appliance.runs().recent(host, 10)).isEmpty();
        appliance.agents.connect(host);
        appliance.point(host);
    }

    @Test
    void aHostWithoutChosenDisksOrWithOneMissingFailsWithTheReason() {
        HostId host = appliance.host("web1", MIB);
        appliance.point(host);
        appliance.fleet.selectDisks(host, Set.of());
        assertThat(appliance.backUp(host).problem().orElseThrow().code()).isEqualTo(ProblemCode.NO_DISKS_SELECTED);
        appliance.fleet.selectDisks(host, Set.of("disk-a"));
        appliance.agents.add(host, new FakeAgent(host, appliance.exporter));
        assertThat(appliance.backUp(host).problem().orElseThrow().code()).isEqualTo(ProblemCode.DISK_NOT_FOUND);
    }

    @Test
    void aPoolWithoutItsReserveStartsNothing() {
        HostId host = appliance.host("web1", MIB);
        appliance.point(host);
        appliance.store.full(true);
        BackupRun run = appliance.backUp(host);
        assertThat(run.problem().orElseThrow().code()).isEqualTo(ProblemCode.POOL_FULL);
        appliance.assertClean(host);
        appliance.store.full(false);
        appliance.point(host);
    }

    @Test
    void aPoolThatRunsFullWhileDataFlowIsNamedThoughTheAgentSeesNoMoreThanAnInputOutputError() {
        HostId host = appliance.host("web1", MIB);
        appliance.point(host);
        appliance.exporter.failDevices(Problem.of(ProblemCode.POOL_FULL, "free", "0 B"));
        appliance.agents.failNext("Transfer", FakeAgents.Fault.IO_ERROR);
        assertThat(appliance.backUp(host).problem().orElseThrow().code()).isEqualTo(ProblemCode.POOL_FULL);
        appliance.assertClean(host);
        appliance.exporter.failDevices(null);
        appliance.agents.failNext("Transfer", FakeAgents.Fault.IO_ERROR);
        assertThat(appliance.backUp(host).problem().orElseThrow().code()).isEqualTo(ProblemCode.ISCSI_IO_FAILED);
        appliance.point(host);
    }

    @Test
    void theBandwidthLimitIsTakenFromThePolicyAndFollowedWhileDataFlows() {
        HostId host = appliance.host("web1", MIB);
        TestPolicies policy = TestPolicies.everyHour("limited").withBandwidth(1 << 20);
        appliance.policies().save(policy.policy());
        appliance.fleet.assignPolicy(host, Optional.of(policy.id()));
        appliance.agents.hold("Transfer");
        RunId run = appliance.runs().start(host, Trigger.MANUAL);
        await().until(() ->
                !appliance.agents.heard(ServerMessage.Transfer.class).isEmpty());
        assertThat(appliance.agents.heard(ServerMessage.Transfer.class).get(0).bytesPerSecond())
                .isEqualTo(1 << 20);
        appliance.policies().save(policy.withBandwidth(2 << 20).policy());
        await().until(() ->
                !appliance.agents.heard(ServerMessage.LimitRate.class).isEmpty());
        assertThat(appliance.agents.heard(ServerMessage.LimitRate.class))
                .containsExactly(new ServerMessage.LimitRate(run.toString(), 2 << 20));
        appliance.agents.letGo("Transfer");
        assertThat(appliance.ended(run).state()).isEqualTo(State.DONE);
    }

    @Test
    void progressIsPublishedAndShownWithTheRun() {
        HostId host = appliance.host("web1", MIB);
        appliance.point(host);
        assertThat(appliance.events(ProtectionEvents.RunProgressed.class))
                .isNotEmpty()
                .allSatisfy(event -> {
                    assertThat(event.host()).isEqualTo(host);
                    assertThat(event.progress().totalBytes()).isEqualTo(MIB);
                });
        assertThat(appliance
                        .meters
                        .counter("understudy.runs", "outcome", "done")
                        .count())
                .isEqualTo(1);
        assertThat(appliance
                        .meters
                        .timer("understudy.run.state", "state", "transferring")
                        .count())
                .isEqualTo(1);
        assertThat(appliance
                        .meters
                        .counter("understudy.run.bytes", "kind", "sent")
                        .count())
                .isPositive();
    }

    @Test
    void aListenerThatFailsDoesNotStopABackup() {
        HostId host = appliance.host("web1", MIB);
        appliance.onEvent(event -> {
            throw new IllegalStateException("a listener of another module");
        });
        appliance.point(host);
    }

    @Test
    void transientFailuresAreRetriedAsNewAttemptsUntilTheLimit() {
        HostId host = appliance.host("web1", MIB);
        Duration expected = Duration.ofSeconds(15);
        RunId failing = null;
        for (int attempt = 1; attempt <= 3; attempt++) {
            appliance.agents.failNext("BeginRun", FakeAgents.Fault.SILENCE);
            if (failing == null) {
                failing = appliance.runs().start(host, Trigger.SCHEDULE);
            } else {
                appliance.task("backup-retry").run(failing.toString(), appliance.clock.instant(), false);
                failing = appliance.runs().recent(host, 1).get(0).id();
            }
            BackupRun run = appliance.ended(failing);
            assertThat(run.attempt()).isEqualTo(attempt);
            assertThat(run.trigger()).isEqualTo(attempt == 1 ? Trigger.SCHEDULE : Trigger.RETRY);
            RunId id = failing;
            await().until(() -> appliance.events(ProtectionEvents.RunFailed.class).stream()
                    .anyMatch(event -> event.run().equals(id)));
            boolean willRetry = appliance.events(ProtectionEvents.RunFailed.class).stream()
                    .filter(event -> event.run().equals(id))
                    .findFirst()
                    .orElseThrow()
                    .willRetry();
            assertThat(willRetry).isEqualTo(attempt < 3);
            assertThat(appliance.scheduler.schedule("backup-retry", failing).isPresent())
                    .isEqualTo(attempt < 3);
            if (attempt < 3) {
                Duration delay = Duration.between(
                        appliance.clock.instant(),
                        appliance
                                .scheduler
                                .nextFireTime("backup-retry", failing.toString())
                                .orElseThrow());
                assertThat(delay).isBetween(expected.minusSeconds(2), expected);
                expected = expected.multipliedBy(2);
            }
        }
    }

    @Test
    void aRetryIsLeftOutIfAnotherRunWasStartedSince() {
        HostId host = appliance.host("web1", MIB);
        appliance.agents.failNext("BeginRun", FakeAgents.Fault.SILENCE);
        BackupRun failed = appliance.backUp(host);
        appliance.point(host);
        appliance.task("backup-retry").run(failed.id().toString(), appliance.clock.instant(), false);
        assertThat(appliance.runs().recent(host, 10)).hasSize(2);
    }
}
