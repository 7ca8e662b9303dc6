package org.understudy.server.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun.State;
import org.understudy.server.protection.BackupRun.Trigger;
import org.understudy.server.protection.internal.runs.VirtualThreadBackupRuns;
import org.understudy.server.storage.VolumeSnapshot;

/** Whatever fails in whichever state: the last point stays, nothing is left behind, and the next run is right. */
class RunFailuresTest {

    private static final int MIB = 1 << 20;

    @TempDir
    Path pool;

    private Appliance appliance;
    private HostId host;
    private RecoveryPoint last;
    private byte[] lastContent;

    @BeforeEach
    void aHostWithAPointAndChangesSince() {
        appliance = new Appliance(pool).start();
        host = appliance.host("web1", 2 * MIB);
        last = appliance.point(host);
        lastContent = appliance.stored(host, last.id(), 0);
        appliance.agent(host).write("disk-a", MIB, appliance.random);
        // So that half a transfer always leaves a head that is not the last point.
        appliance.agent(host).disk("disk-a")[0] ^= 1;
    }

    @AfterEach
    void stop() {
        appliance.close();
    }

    private void assertNothingLost() {
        assertThat(appliance.stored(host, last.id(), 0)).isEqualTo(lastContent);
        assertThat(appliance.points().point(last.id())).contains(last);
        appliance.assertClean(host);
    }

    /** The next run is right, also right after another change. */
    private void assertNextRunIsRight() {
        appliance.agents.connect(host);
        appliance.agent(host).write("disk-a", MIB / 8, appliance.random);
        appliance.point(host);
        appliance.assertClean(host);
        assertThat(appliance.stored(host, last.id(), 0)).isEqualTo(lastContent);
        assertThat(appliance.store.snapshots(host))
                .extracting(VolumeSnapshot::point)
                .containsExactlyInAnyOrderElementsOf(appliance.points().points(host).stream()
                        .map(RecoveryPoint::id)
                        .toList());
    }

    @ParameterizedTest
    @CsvSource({
        "DescribeHost,PROBLEM,DESCRIBING",
        "DescribeHost,CONNECTION_LOST,DESCRIBING",
        "DescribeHost,SILENCE,DESCRIBING",
        "BeginRun,PROBLEM,OPENING_VIEW",
        "BeginRun,CONNECTION_LOST,OPENING_VIEW",
        "BeginRun,SILENCE,OPENING_VIEW",
        "Transfer,PROBLEM,TRANSFERRING",
        "Transfer,CONNECTION_LOST,TRANSFERRING",
        "Transfer,SILENCE,TRANSFERRING"
    })
    void theAgentFails(String message, FakeAgents.Fault fault, State state) {
        appliance.agents.failNext(message, fault);
        BackupRun run = appliance.backUp(host);
        assertThat(run.state()).isEqualTo(State.FAILED);
        assertThat(run.failedIn()).contains(state);
        assertThat(run.problem().orElseThrow().code()).isEqualTo(fault.code());
        assertThat(run.point()).isEmpty();
        assertNothingLost();
        assertNextRunIsRight();
    }

    @ParameterizedTest
    @EnumSource(FakeAgents.Fault.class)
    void anAgentThatFailsAfterTheSnapshotDoesNotUndoIt(FakeAgents.Fault fault) {
        appliance.agents.failNext("EndRun", fault);
        BackupRun run = appliance.backUp(host);
        assertThat(run.state()).isEqualTo(State.DONE);
        PointId point = run.point().orElseThrow();
        assertThat(run.transitions())
                .filteredOn(transition -> transition.state() == State.CATALOGUING)
                .allMatch(transition -> transition.note().contains(fault.code().name()));
        assertThat(appliance.agent(host).committed(point)).isFalse();
        appliance.agents.connect(host);
        appliance.agent(host).dropRuns();
        assertNothingLost();
        appliance.agent(host).disk("disk-a")[0] ^= 1;
        BackupRun next = appliance.backUp(host);
        assertThat(next.volumes().sentBytes()).isEqualTo(64 * 1024);
        appliance.assertEqualsDisks(
                host, appliance.points().point(next.point().orElseThrow()).orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({"export,EXPORTING", "release,RELEASING"})
    void theExporterFails(String method, State state) {
        appliance.exporter.failNext(method, Problem.of(ProblemCode.INTERNAL).withDetails("the target"));
        BackupRun run = appliance.backUp(host);
        assertThat(run.state()).isEqualTo(State.FAILED);
        assertThat(run.failedIn()).contains(state);
        assertNothingLost();
        assertNextRunIsRight();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "snapshots",
                "usage",
                "hold",
                "volumes",
                "createVolume",
                "headDevice",
                "headMeta",
                "snapshot",
                "snapshotMeta",
                "release"
            })
    void thePoolFailsOnce(String method) {
        appliance.store.failNext(method, Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", "test"));
        BackupRun run = appliance.backUp(host);
        if (!method.equals("release")) {
            assertThat(run.state()).isEqualTo(State.FAILED);
            assertThat(run.problem().orElseThrow().code()).isIn(ProblemCode.POOL_UNAVAILABLE, ProblemCode.INTERNAL);
            assertNothingLost();
        }
        assertNextRunIsRight();
    }

    @Test
    void aRollbackThatFailsIsDoneBeforeTheNextRun() {
        appliance.agents.failNext("Transfer", FakeAgents.Fault.PROBLEM);
        appliance.store.failNext("rollback", Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", "test"));
        BackupRun run = appliance.backUp(host);
        assertThat(run.transitions().get(run.transitions().size() - 1).note()).contains("could not be rolled back");
        assertThat(appliance.head(host, 0)).isNotEqualTo(lastContent);
        assertNextRunIsRight();
    }

    @Test
    void anExportThatCannotBeReleasedKeepsTheHeadUntouchedAndIsReleasedBeforeTheNextRun() {
        appliance.agents.failNext("Transfer", FakeAgents.Fault.SILENCE);
        appliance.exporter.failNext("release", Problem.of(ProblemCode.INTERNAL));
        appliance.backUp(host);
        assertThat(appliance.exporter.active()).hasSize(1);
        assertNextRunIsRight();
    }

    @Test
    void aSnapshotWhoseAnswerWasLostStillBecomesThePoint() {
        appliance.failAfter("snapshot", Problem.of(ProblemCode.COMMAND_STALLED, "command", "snapshot", "seconds", "1"));
        BackupRun run = appliance.backUp(host);
        assertThat(run.state()).isEqualTo(State.DONE);
        assertNextRunIsRight();
    }

    @Test
    void digestsThatDoNotArriveMakeNoPoint() {
        appliance.agents.losingDigests(true);
        BackupRun run = appliance.backUp(host);
        assertThat(run.failedIn()).contains(State.SNAPSHOTTING);
        assertThat(run.problem().orElseThrow().code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION);
        appliance.agents.losingDigests(false);
        assertNothingLost();
        assertNextRunIsRight();
    }

    @ParameterizedTest
    @EnumSource(
            value = State.class,
            names = {
                "REQUESTED",
                "DESCRIBING",
                "PREPARING",
                "OPENING_VIEW",
                "EXPORTING",
                "TRANSFERRING",
                "RELEASING",
                "SNAPSHOTTING",
                "COMMITTING",
                "CATALOGUING"
            })
    void theServerIsStoppedInEachState(State state) {
        VirtualThreadBackupRuns runs = appliance.get(VirtualThreadBackupRuns.class);
        appliance.onEvent(changedTo(state), () -> runs.stop(Duration.ofMillis(1)));
        RunId run = appliance.runs().start(host, Trigger.MANUAL);
        BackupRun ended = appliance.ended(run);
        appliance.stop();
        appliance.start();
        if (state.compareTo(State.SNAPSHOTTING) < 0) {
            assertThat(ended.state()).isEqualTo(State.FAILED);
            assertThat(ended.problem().orElseThrow().code()).isEqualTo(ProblemCode.RUN_INTERRUPTED);
        } else {
            assertThat(ended.state()).isEqualTo(State.DONE);
        }
        assertNothingLost();
        assertNextRunIsRight();
    }

    @ParameterizedTest
    @EnumSource(
            value = State.class,
            names = {
                "REQUESTED",
                "DESCRIBING",
                "PREPARING",
                "OPENING_VIEW",
                "EXPORTING",
                "TRANSFERRING",
                "RELEASING",
                "SNAPSHOTTING",
                "COMMITTING",
                "CATALOGUING"
            })
    void theServerIsKilledInEachState(State state) {
        Lifeline first = appliance.lifeline();
        appliance.onEvent(changedTo(state), first::kill);
        Optional<RunId> run = startUnlessKilled();
        await().atMost(Appliance.PATIENCE).until(() -> first.died().isDone());
        appliance.start();
        BackupRun after = appliance.runs().recent(host, 1).get(0);
        run.ifPresent(started -> assertThat(after.id()).isEqualTo(started));
        // The snapshot is made between SNAPSHOTTING and COMMITTING.
        if (state.compareTo(State.COMMITTING) < 0) {
            assertThat(after.state()).isEqualTo(State.FAILED);
            assertThat(after.failedIn()).contains(state);
            assertThat(after.problem().orElseThrow().code()).isEqualTo(ProblemCode.RUN_INTERRUPTED);
            assertThat(appliance.scheduler.schedule("backup-retry", after.id())).isPresent();
        } else {
            assertThat(after.state()).isEqualTo(State.DONE);
            assertThat(appliance.points().point(after.point().orElseThrow())).isPresent();
        }
        assertNothingLost();
        assertNextRunIsRight();
    }

    private Optional<RunId> startUnlessKilled() {
        try {
            return Optional.of(appliance.runs().start(host, Trigger.MANUAL));
        } catch (Lifeline.Killed e) {
            return Optional.empty();
        }
    }

    /** Kills the server before and after every single call by which a run acts on the world. */
    @Test
    @Tag("system")
    void theServerIsKilledAroundEveryOutsideCall() {
        appliance.stop();
        appliance.start();
        appliance.point(host);
        Predicate<String> acts = call -> List.of(
                        "VolumeStore.hold",
                        "VolumeStore.release",
                        "VolumeStore.rollback",
                        "VolumeStore.createVolume",
                        "VolumeStore.snapshot",
                        "VolumeStore.headMeta",
                        "BlockExporter.export",
                        "BlockExporter.release",
                        "AgentGateway.request",
                        "TransactionOperations.execute",
                        "TransactionOperations.executeWithoutResult")
                .contains(call);
        List<Lifeline.Death> deaths = appliance.lifeline().history().stream()
                .filter(death -> acts.test(death.call()))
                .flatMap(death -> Stream.of(death, new Lifeline.Death(death.call(), death.occurrence(), false)))
                .toList();
        assertThat(deaths).hasSizeGreaterThan(40);
        deaths.forEach(this::dieAndRecover);
    }

    private void dieAndRecover(Lifeline.Death death) {
        appliance.stop();
        try {
            appliance.start(death);
            appliance.agent(host).write("disk-a", MIB / 8, appliance.random);
            appliance.ended(appliance.runs().start(host, Trigger.MANUAL), appliance.lifeline());
        } catch (Lifeline.Killed e) {
            // Died at start-up or in the request itself.
        } catch (RuntimeException e) {
            assertThat(appliance.lifeline().died()).as("%s: %s", death, e).isDone();
        }
        appliance.start();
        assertThat(appliance.runs().active()).as("%s", death).isEmpty();
        assertNothingLost();
        assertNextRunIsRight();
        assertThat(appliance.points().points(host))
                .as("%s", death)
                .allSatisfy(point -> assertThat(
                                appliance.points().manifest(point.id()).run())
                        .isEqualTo(point.run().toString()));
    }

    private static Predicate<Object> changedTo(State state) {
        return event -> event instanceof ProtectionEvents.RunChanged changed && changed.state() == state;
    }
}
