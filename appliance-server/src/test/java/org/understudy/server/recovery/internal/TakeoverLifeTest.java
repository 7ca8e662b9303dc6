package org.understudy.server.recovery.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.search.MeterNotFoundException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.hypervisor.VirtualMachine.Network;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.server.recovery.RecoverySettings;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.Probe;
import org.understudy.server.recovery.Takeover.State;
import org.understudy.server.recovery.Takeovers;

/** A takeover's life when nothing goes wrong, and what people may and may not ask of it. */
class TakeoverLifeTest {

    @TempDir
    private Path directory;

    private Stage stage;

    @BeforeEach
    void open() {
        Awaitility.setDefaultPollInterval(Duration.ofMillis(2));
        stage = new Stage(directory);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    private TakeoverId running(Mode mode, Probe... probes) {
        TakeoverId id = stage.takeovers().start(Stage.request(stage.point, mode, probes));
        await().until(() -> stage.state(id) == State.RUNNING);
        return id;
    }

    private static void assertProblem(ProblemCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).as(e.getMessage()).isEqualTo(code));
    }

    @Test
    void aDrillRunsThroughItsStatesIsProvenAndLeavesNothing() {
        HttpServer web = Stage.webServer("hello from web01", 200);
        try {
            int port = web.getAddress().getPort();
            TakeoverId id =
                    running(Mode.DRILL, new Probe.Tcp(port), new Probe.Http(port, "/", Optional.of("from web01")));
            await().until(() -> stage.points.isProven(stage.point));
            Takeover takeover = stage.takeover(id);
            assertThat(takeover.transitions())
                    .extracting(Takeover.Transition::state)
                    .containsExactly(State.REQUESTED, State.CLONING, State.PREPARING, State.BOOTING, State.RUNNING);
            assertThat(takeover.toRunning())
                    .hasValueSatisfying(time -> assertThat(time).isPositive());
            assertThat(takeover.toAnswer())
                    .hasValueSatisfying(time -> assertThat(time)
                            .isGreaterThanOrEqualTo(takeover.toRunning().get()));
            assertThat(takeover.address()).hasValue("127.0.0.1");
            assertThat(takeover.probes()).allSatisfy(probe -> {
                assertThat(probe.passed()).hasValue(true);
                assertThat(probe.after()).isPresent();
                assertThat(probe.lastError()).isEmpty();
            });
            assertThat(takeover.probes().get(1).bodyStart()).hasValue("hello from web01");
            assertThat(takeover.probes().get(1).bodySha256())
                    .hasValue("6487859edafa24c0f5ac4f99faa5fdba72bb583cee1d6f90eef26e6d73a80102");
            await().until(() -> stage.events.stream().anyMatch(RecoveryEvents.TakeoverAnswered.class::isInstance));
            await().until(() -> stage.takeover(id).screenshotAt().isPresent());
            assertThat(directory.resolve("takeovers/" + id + "/screen.png")).isNotEmptyFile();
            assertThat(stage.hypervisor.definition(MachinePlan.machine(id)).nics())
                    .allSatisfy(nic -> assertThat(nic.network()).isEqualTo(new Network.Isolated(id.toString())));

            stage.takeovers().discard(id);
            await().until(() -> stage.state(id) == State.DONE);
            assertThat(stage.machineExists(id)).isFalse();
            assertThat(stage.cloneExists(id)).isFalse();
            assertThat(stage.takeover(id).endedAt()).isPresent();
            assertThat(stage.takeovers().screenshot(id)).as("the proof stays").isPresent();
            assertThat(stage.takeovers().active()).isEmpty();
            assertThat(stage.takeovers().takeovers(10)).hasSize(1);
        } finally {
            web.stop(0);
        }
    }

    @Test
    void aTakeoverStandsInProductionWithTheHostsOwnAddresses() {
        TakeoverId id = running(Mode.TAKEOVER);
        VirtualMachine machine = stage.hypervisor.definition(MachinePlan.machine(id));
        assertThat(machine.nics()).singleElement().satisfies(nic -> {
            assertThat(nic.network()).isEqualTo(new Network.Production());
            assertThat(nic.macAddress()).isEqualTo("52:54:00:12:34:56");
        });
        assertThat(machine.memory().bytes()).isEqualTo(512L << 20);
        assertThat(machine.cpus()).isEqualTo(2);
    }

    @Test
    void aSecondTakeoverOfAHostIsRefusedWhileDrillsAndOtherHostsAreNot() {
        PointId later = PointId.random();
        stage.addPoint(stage.host, later);
        HostId other = HostId.random();
        PointId ofOther = PointId.random();
        stage.addPoint(other, ofOther);
        TakeoverId first = running(Mode.TAKEOVER);
        assertProblem(ProblemCode.TAKEOVER_EXISTS, () -> stage.takeovers().start(Stage.request(later, Mode.TAKEOVER)));
        List<TakeoverId> more = List.of(
                stage.takeovers().start(Stage.request(later, Mode.DRILL)),
                stage.takeovers().start(Stage.request(stage.point, Mode.DRILL)),
                stage.takeovers().start(Stage.request(ofOther, Mode.TAKEOVER)));
        await().until(() -> more.stream().allMatch(id -> stage.state(id) == State.RUNNING));
        stage.takeovers().discard(first);
        await().until(() -> stage.state(first) == State.DONE);
        stage.takeovers().start(Stage.request(later, Mode.TAKEOVER));
    }

    @Test
    void itIsStoppedAndResumedWithItsDiskKept() {
        TakeoverId id = running(Mode.TAKEOVER);
        Duration toRunning = stage.takeover(id).toRunning().orElseThrow();
        stage.takeovers().stop(id);
        await().until(() -> stage.state(id) == State.STOPPED);
        assertThat(stage.machineRuns(id)).isFalse();
        assertThat(stage.cloneExists(id)).isTrue();
        stage.takeovers().stop(id);
        stage.takeovers().resume(id);
        await().until(() -> stage.state(id) == State.RUNNING);
        assertThat(stage.machineRuns(id)).isTrue();
        assertThat(stage.takeover(id).toRunning()).as("of the first time").hasValue(toRunning);
        stage.takeovers().resume(id);
    }

    @Test
    void aKeptOneIsNotDiscarded() {
        TakeoverId id = running(Mode.DRILL);
        stage.takeovers().keep(id, true);
        assertProblem(ProblemCode.CONFLICT, () -> stage.takeovers().discard(id));
        stage.takeovers().keep(id, false);
        stage.takeovers().discard(id);
        await().until(() -> stage.state(id) == State.DONE);
        stage.takeovers().discard(id);
        assertProblem(ProblemCode.CONFLICT, () -> stage.takeovers().keep(id, true));
    }

    @Test
    void aGuestThatSwitchesItselfOffIsStopped() {
        TakeoverId id = running(Mode.TAKEOVER);
        stage.hypervisor.powerOff(MachinePlan.machine(id));
        await().until(() -> stage.state(id) == State.STOPPED);
        assertThat(stage.takeover(id).problem()).isEmpty();
        assertThat(stage.cloneExists(id)).isTrue();
    }

    @Test
    void aMachineThatDiesIsStoppedWithAProblemAndItsDiskKept() {
        TakeoverId id = running(Mode.TAKEOVER);
        stage.hypervisor.crash(MachinePlan.machine(id));
        await().until(() -> stage.state(id) == State.STOPPED);
        assertThat(stage.takeover(id).problem())
                .hasValueSatisfying(problem -> assertThat(problem.code()).isEqualTo(ProblemCode.VM_CRASHED));
        assertThat(stage.cloneExists(id)).isTrue();
        await().until(() -> stage.events.stream().anyMatch(RecoveryEvents.TakeoverFailed.class::isInstance));
        stage.takeovers().resume(id);
        await().until(() -> stage.state(id) == State.RUNNING);
        assertThat(stage.takeover(id).problem()).isEmpty();
    }

    @Test
    void aProbeThatNeverPassesIsRecordedAndTheMachineRunsOn() {
        RecoverySettings old = stage.settings;
        stage.settings = new RecoverySettings(
                old.probeInterval(),
                Duration.ofMillis(150),
                old.connectLimit(),
                old.answerLimit(),
                old.screenshotInterval(),
                old.watchInterval(),
                old.shutDownPatience(),
                old.retryLimit(),
                old.takeoverReservePercent(),
                old.cpuOvercommit());
        stage.restartInOrder();
        HttpServer web = Stage.webServer("maintenance", 503);
        try {
            int port = web.getAddress().getPort();
            TakeoverId id =
                    running(Mode.DRILL, new Probe.Tcp(port), new Probe.Http(port, "/health", Optional.of("fine")));
            await().until(() -> stage.takeover(id).problem().isPresent());
            Takeover takeover = stage.takeover(id);
            assertThat(takeover.state()).isEqualTo(State.RUNNING);
            assertThat(takeover.problem().orElseThrow().code()).isEqualTo(ProblemCode.PROBE_FAILED);
            assertThat(takeover.probes().get(0).passed()).hasValue(true);
            assertThat(takeover.probes().get(1).passed()).hasValue(false);
            assertThat(takeover.probes().get(1).lastError())
                    .hasValueSatisfying(text -> assertThat(text).contains("503"));
            assertThat(takeover.probes().get(1).bodyStart()).hasValue("maintenance");
            assertThat(stage.points.isProven(stage.point)).isFalse();
            assertThat(stage.events).noneMatch(RecoveryEvents.TakeoverAnswered.class::isInstance);
        } finally {
            web.stop(0);
        }
    }

    @Test
    void withoutProbesNothingIsProven() {
        TakeoverId id = running(Mode.DRILL);
        stage.takeovers().stop(id);
        await().until(() -> stage.state(id) == State.STOPPED);
        assertThat(stage.points.isProven(stage.point)).isFalse();
        assertThat(stage.takeover(id).toAnswer()).isEmpty();
    }

    @Test
    void whatCannotBeStartedIsRefusedBeforeAnythingIsMade() {
        PointId unknown = PointId.random();
        assertProblem(ProblemCode.POINT_NOT_FOUND, () -> stage.takeovers().start(Stage.request(unknown, Mode.DRILL)));
        assertProblem(
                ProblemCode.MEMORY_TAKEN,
                () -> stage.takeovers().start(sized(stage.point, OptionalInt.empty(), OptionalLong.of(1L << 40))));
        assertProblem(
                ProblemCode.INVALID_REQUEST,
                () -> stage.takeovers().start(sized(stage.point, OptionalInt.of(0), OptionalLong.of(1 << 20))));
        assertProblem(
                ProblemCode.INVALID_REQUEST,
                () -> stage.takeovers()
                        .start(Stage.request(
                                stage.point,
                                Mode.DRILL,
                                new Probe.Http(80, "/x HTTP/1.0\r\nHost: evil", Optional.empty()))));
        assertProblem(
                ProblemCode.INVALID_REQUEST,
                () -> stage.takeovers().start(Stage.request(stage.point, Mode.DRILL, new Probe.Tcp(70000))));
        stage.points.makeSuspect(stage.point);
        assertProblem(ProblemCode.POINT_SUSPECT, () -> stage.takeovers().start(Stage.request(stage.point, Mode.DRILL)));
        assertThat(stage.takeovers().takeovers(10)).isEmpty();
        assertThat(stage.pool.clones()).isEmpty();
        Takeovers.Request plain = Stage.request(stage.point, Mode.DRILL);
        stage.takeovers()
                .start(new Takeovers.Request(
                        plain.point(),
                        plain.mode(),
                        plain.cpus(),
                        plain.memoryBytes(),
                        plain.diskBus(),
                        plain.nicModel(),
                        plain.firmware(),
                        plain.probes(),
                        true));
    }

    private static Takeovers.Request sized(PointId point, OptionalInt cpus, OptionalLong memory) {
        Takeovers.Request plain = Stage.request(point, Mode.DRILL);
        return new Takeovers.Request(
                point,
                Mode.DRILL,
                cpus,
                memory,
                plain.diskBus(),
                plain.nicModel(),
                plain.firmware(),
                plain.probes(),
                false);
    }

    @Test
    void memoryIsPromisedOnceEvenToRequestsThatComeTogether() throws Exception {
        // 8 GiB in all, of which drills leave a quarter to takeovers: of four requests of 3 GiB each, two fit.
        List<Thread> threads = new java.util.ArrayList<>();
        List<Object> results = new java.util.concurrent.CopyOnWriteArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    results.add(stage.takeovers()
                            .start(sized(stage.point, OptionalInt.empty(), OptionalLong.of(3L << 30))));
                } catch (ProblemException e) {
                    results.add(e.problem().code());
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(results).filteredOn(TakeoverId.class::isInstance).hasSize(2);
        assertThat(results).filteredOn(ProblemCode.MEMORY_TAKEN::equals).hasSize(2);
    }

    @Test
    void unknownTakeoversAreNotFound() {
        TakeoverId unknown = TakeoverId.random();
        assertThat(stage.takeovers().takeover(unknown)).isEmpty();
        assertProblem(ProblemCode.NOT_FOUND, () -> stage.takeovers().stop(unknown));
        assertProblem(ProblemCode.NOT_FOUND, () -> stage.takeovers().resume(unknown));
        assertProblem(ProblemCode.NOT_FOUND, () -> stage.takeovers().discard(unknown));
        assertProblem(ProblemCode.NOT_FOUND, () -> stage.takeovers().keep(unknown, true));
        assertProblem(ProblemCode.NOT_FOUND, () -> stage.takeovers().screenshot(unknown));
    }

    @Test
    void figuresAreCounted() {
        TakeoverId id = running(Mode.DRILL);
        await().untilAsserted(() -> {
            assertThat(stage.meters
                            .get("understudy.takeovers")
                            .tag("mode", "DRILL")
                            .tag("state", "RUNNING")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            assertThat(stage.meters
                            .get("understudy.takeover.time.to.running")
                            .tag("mode", "DRILL")
                            .timer()
                            .count())
                    .isEqualTo(1);
        });
        stage.takeovers().discard(id);
        await().ignoreException(MeterNotFoundException.class)
                .untilAsserted(() -> assertThat(stage.meters
                                .get("understudy.takeover.transitions")
                                .tag("mode", "DRILL")
                                .tag("state", "DONE")
                                .counter()
                                .count())
                        .isEqualTo(1));
    }
}
