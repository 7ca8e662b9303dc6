package org.understudy.server.recovery.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.server.recovery.RecoveryEvents.LeftoverAction;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.Probe;
import org.understudy.server.recovery.Takeover.State;
import org.understudy.server.recovery.internal.Stage.Killed;
import org.understudy.server.recovery.internal.Stage.Moment;
import org.understudy.server.storage.CloneId;

/** The server is killed before and after every call that changes something, and started again. */
class TakeoverRestartTest {

    private static HttpServer web;

    @TempDir
    private Path directory;

    private Stage stage;

    @BeforeAll
    static void openWeb() {
        web = Stage.webServer("hello", 200);
    }

    @AfterAll
    static void closeWeb() {
        web.stop(0);
    }

    @BeforeEach
    void open() {
        // A thread of a server that was killed dies of that wherever it is, also while a later server is waited for.
        Awaitility.doNotCatchUncaughtExceptionsByDefault();
        Awaitility.setDefaultPollInterval(Duration.ofMillis(2));
        stage = new Stage(directory);
    }

    @AfterEach
    void close() {
        // Other classes in this Java machine want to hear of them.
        Awaitility.catchUncaughtExceptionsByDefault();
        stage.close();
    }

    /** Each changing call of the life below, by its number among calls of its kind. */
    static Stream<Arguments> deaths() {
        Map<String, Integer> calls = Map.ofEntries(
                Map.entry("book.open", 1),
                Map.entry("book.change", 12),
                Map.entry("store.cloneSnapshot", 1),
                Map.entry("hypervisor.define", 2),
                Map.entry("hypervisor.start", 2),
                Map.entry("hypervisor.shutDown", 1),
                Map.entry("points.markProven", 1),
                Map.entry("hypervisor.remove", 1),
                Map.entry("store.destroyClone", 1));
        return calls.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(call -> java.util.stream.IntStream.rangeClosed(1, call.getValue())
                        .boxed()
                        .flatMap(n -> Stream.of(Moment.values()).map(m -> Arguments.of(call.getKey(), n, m))));
    }

    @ParameterizedTest(name = "killed {2} call {1} of {0}")
    @MethodSource("deaths")
    void killedAtAnyCallTheNextServerMakesItRight(String call, int number, Moment moment) {
        AtomicInteger heard = new AtomicInteger();
        stage.listener = (when, name) -> {
            if (when == moment && name.equals(call) && heard.incrementAndGet() == number) {
                throw new Killed();
            }
        };
        // A call of ours may be the one that dies: it dies with the server.
        try {
            live();
        } catch (Killed e) {
            assertThat(stage.isDead()).isTrue();
        }
        Set<State> before = ConcurrentHashMap.newKeySet();
        stage.book.newest(1).stream()
                .flatMap(takeover -> takeover.transitions().stream())
                .forEach(transition -> before.add(transition.state()));

        stage.restart();

        if (stage.book.newest(1).isEmpty()) {
            assertThat(stage.pool.clones()).isEmpty();
            assertThat(stage.hypervisor.machines()).isEmpty();
            return;
        }
        TakeoverId id = stage.book.newest(1).get(0).id();
        await().untilAsserted(() -> assertStandsRight(id));
        if (before.contains(State.RUNNING) && !before.contains(State.DISCARDING)) {
            assertThat(stage.state(id)).as("once it ran, its disk is kept").isIn(State.RUNNING, State.STOPPED);
        }
        if (stage.state(id) == State.RUNNING) {
            await().until(() -> stage.points.isProven(stage.point));
        }
        stage.takeovers().discard(id);
        await().until(() -> stage.state(id).isFinal() && !stage.machineExists(id) && !stage.cloneExists(id));
        TakeoverId next = stage.takeovers().start(Stage.request(stage.point, Mode.TAKEOVER));
        await().until(() -> stage.state(next) == State.RUNNING);
    }

    /** Request, answer, stop, resume, discard; ends early if the server died. */
    private void live() {
        TakeoverId id = stage.takeovers()
                .start(Stage.request(
                        stage.point,
                        Mode.TAKEOVER,
                        new Probe.Tcp(web.getAddress().getPort())));
        awaitOrDeath(() -> stage.state(id) == State.RUNNING && stage.points.isProven(stage.point));
        if (!stage.isDead()) {
            stage.takeovers().stop(id);
        }
        awaitOrDeath(() -> stage.state(id) == State.STOPPED);
        if (!stage.isDead()) {
            stage.takeovers().resume(id);
        }
        awaitOrDeath(() -> stage.state(id) == State.RUNNING);
        if (!stage.isDead()) {
            stage.takeovers().discard(id);
        }
        awaitOrDeath(() -> stage.state(id) == State.DONE);
    }

    private void awaitOrDeath(BooleanSupplier condition) {
        await().until(() -> stage.isDead() || condition.getAsBoolean());
    }

    private void assertStandsRight(TakeoverId id) {
        Takeover takeover = stage.takeover(id);
        switch (takeover.state()) {
            case RUNNING -> {
                assertThat(stage.machineRuns(id)).isTrue();
                assertThat(stage.cloneExists(id)).isTrue();
            }
            case STOPPED -> {
                assertThat(stage.machineRuns(id)).isFalse();
                assertThat(stage.cloneExists(id)).isTrue();
            }
            case FAILED, DONE -> {
                assertThat(stage.machineExists(id)).isFalse();
                assertThat(stage.cloneExists(id)).isFalse();
                if (takeover.state() == State.FAILED) {
                    assertThat(takeover.problem().orElseThrow().code()).isEqualTo(ProblemCode.TAKEOVER_INTERRUPTED);
                }
            }
            case REQUESTED, CLONING, PREPARING, BOOTING, DISCARDING ->
                throw new AssertionError("still " + takeover.state());
        }
    }

    private TakeoverId running(Mode mode) {
        TakeoverId id = stage.takeovers().start(Stage.request(stage.point, mode));
        await().until(() -> stage.state(id) == State.RUNNING);
        return id;
    }

    @Test
    void anOrderlyRestartLeavesTheMachineRunningAndGoesOn() {
        TakeoverId id = running(Mode.TAKEOVER);
        stage.restartInOrder();
        assertThat(stage.machineRuns(id)).isTrue();
        assertThat(stage.state(id)).isEqualTo(State.RUNNING);
        stage.takeovers().stop(id);
        await().until(() -> stage.state(id) == State.STOPPED);
    }

    @Test
    void aMachineThatEndedMeanwhileIsStoppedWithItsDiskKept() {
        TakeoverId id = running(Mode.TAKEOVER);
        stage.hypervisor.remove(MachinePlan.machine(id));
        stage.restart();
        await().until(() -> stage.state(id) == State.STOPPED);
        assertThat(stage.cloneExists(id)).isTrue();
        stage.takeovers().resume(id);
        await().until(() -> stage.state(id) == State.RUNNING);
        assertThat(stage.machineRuns(id)).isTrue();
    }

    @Test
    void whatAnEndedTakeoverLeftIsRemoved() {
        TakeoverId id = running(Mode.DRILL);
        stage.takeovers().discard(id);
        await().until(() -> stage.state(id) == State.DONE);
        stage.pool.cloneSnapshot(stage.host, stage.point, MachinePlan.clone(id, Mode.DRILL));
        stage.restart();
        await().until(() -> !stage.cloneExists(id));
        await().until(() -> stage.events.contains(new RecoveryEvents.LeftoverFound(
                MachinePlan.clone(id, Mode.DRILL).value(), LeftoverAction.REMOVED)));
    }

    @Test
    void withTheDatabaseEmptiedARunningTakeoverIsTakenInAgainAndNeverRemoved() {
        TakeoverId id = running(Mode.TAKEOVER);
        stage.book.forgetAll();
        stage.restart();
        await().until(() -> stage.book.find(id).isPresent());
        Takeover adopted = stage.takeover(id);
        assertThat(adopted.state()).isEqualTo(State.RUNNING);
        assertThat(adopted.mode()).isEqualTo(Mode.TAKEOVER);
        assertThat(adopted.host()).isEqualTo(stage.host);
        assertThat(adopted.kept()).isTrue();
        assertThat(stage.machineRuns(id)).isTrue();
        stage.takeovers().keep(id, false);
        stage.takeovers().discard(id);
        await().until(() -> stage.state(id) == State.DONE);
        assertThat(stage.cloneExists(id)).isFalse();
    }

    @Test
    void withDatabaseAndCatalogueEmptiedEverythingIsLeftAlone() {
        TakeoverId id = running(Mode.TAKEOVER);
        stage.book.forgetAll();
        stage.points.forgetAll();
        stage.restart();
        await().until(() -> stage.events.contains(
                new RecoveryEvents.LeftoverFound(MachinePlan.machine(id).value(), LeftoverAction.LEFT)));
        assertThat(stage.events)
                .contains(new RecoveryEvents.LeftoverFound(
                        MachinePlan.clone(id, Mode.TAKEOVER).value(), LeftoverAction.LEFT));
        assertThat(stage.machineRuns(id)).isTrue();
        assertThat(stage.cloneExists(id)).isTrue();
    }

    @Test
    void clonesOfOthersAreNotLookedAt() {
        CloneId foreign = new CloneId("restore-1");
        stage.pool.cloneSnapshot(stage.host, stage.point, foreign);
        stage.restart();
        TakeoverId id = running(Mode.DRILL);
        stage.takeovers().discard(id);
        await().until(() -> stage.state(id) == State.DONE);
        assertThat(stage.pool.clones()).extracting(clone -> clone.id()).containsExactly(foreign);
        assertThat(stage.events).noneMatch(RecoveryEvents.LeftoverFound.class::isInstance);
    }
}
