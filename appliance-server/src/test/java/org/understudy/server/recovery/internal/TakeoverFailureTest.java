package org.understudy.server.recovery.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.server.recovery.RecoverySettings;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.State;
import org.understudy.server.recovery.internal.Stage.Moment;

/** What happens when a port fails at each step. */
class TakeoverFailureTest {

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

    private static final Problem PERMANENT = Problem.of(ProblemCode.COMMAND_FAILED, "command", "x", "status", "1");
    private static final Problem PASSING = Problem.of(ProblemCode.HYPERVISOR_UNAVAILABLE);

    private void fail(String call, int times, RuntimeException failure) {
        AtomicInteger left = new AtomicInteger(times);
        stage.listener = (moment, heard) -> {
            if (moment == Moment.BEFORE && heard.equals(call) && left.getAndDecrement() > 0) {
                throw failure;
            }
        };
    }

    private void impatient() {
        RecoverySettings old = stage.settings;
        stage.settings = new RecoverySettings(
                old.probeInterval(),
                old.probeLimit(),
                old.connectLimit(),
                old.answerLimit(),
                old.screenshotInterval(),
                old.watchInterval(),
                old.shutDownPatience(),
                Duration.ofMillis(300),
                old.takeoverReservePercent(),
                old.cpuOvercommit());
        stage.restartInOrder();
    }

    @ParameterizedTest
    @CsvSource({
        "store.cloneSnapshot, CLONING",
        "store.cloneDevice, PREPARING",
        "hypervisor.define, PREPARING",
        "hypervisor.start, BOOTING"
    })
    void aFailureBeforeItRanLeavesNothing(String call, State step) {
        fail(call, Integer.MAX_VALUE, PERMANENT.asException());
        TakeoverId id = stage.takeovers().start(Stage.request(stage.point, Mode.TAKEOVER));
        await().until(() -> stage.state(id) == State.FAILED);
        Takeover takeover = stage.takeover(id);
        assertThat(takeover.failedIn()).hasValue(step);
        assertThat(takeover.problem()).hasValue(PERMANENT);
        assertThat(stage.machineExists(id)).isFalse();
        assertThat(stage.cloneExists(id)).isFalse();
        await().until(() ->
                stage.events.contains(new RecoveryEvents.TakeoverFailed(id, stage.host, stage.point, step, PERMANENT)));
        stage.listener = (moment, heard) -> {};
        TakeoverId next = stage.takeovers().start(Stage.request(stage.point, Mode.TAKEOVER));
        await().until(() -> stage.state(next) == State.RUNNING);
    }

    @ParameterizedTest
    @CsvSource({"store.cloneSnapshot", "hypervisor.define", "hypervisor.start"})
    void aFaultOfTheProductIsAFailureLikeAnother(String call) {
        fail(call, Integer.MAX_VALUE, new IllegalStateException("a bug"));
        TakeoverId id = stage.takeovers().start(Stage.request(stage.point, Mode.DRILL));
        await().until(() -> stage.state(id) == State.FAILED);
        assertThat(stage.takeover(id).problem())
                .hasValueSatisfying(problem -> assertThat(problem.code()).isEqualTo(ProblemCode.INTERNAL));
        assertThat(stage.machineExists(id)).isFalse();
        assertThat(stage.cloneExists(id)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"store.cloneSnapshot", "hypervisor.define", "hypervisor.start"})
    void whatFailsForTheMomentIsTriedAgain(String call) {
        fail(call, 2, PASSING.asException());
        TakeoverId id = stage.takeovers().start(Stage.request(stage.point, Mode.DRILL));
        await().until(() -> stage.state(id) == State.RUNNING);
        assertThat(stage.takeover(id).problem()).isEmpty();
    }

    @Test
    void whatDoesNotPassIsGivenUp() {
        impatient();
        fail("hypervisor.start", Integer.MAX_VALUE, PASSING.asException());
        TakeoverId id = stage.takeovers().start(Stage.request(stage.point, Mode.DRILL));
        await().until(() -> stage.state(id) == State.FAILED);
        assertThat(stage.takeover(id).problem()).hasValue(PASSING);
        assertThat(stage.cloneExists(id)).isFalse();
    }

    @Test
    void discardingOneThatHangsInAStepEndsIt() {
        fail("hypervisor.start", Integer.MAX_VALUE, PASSING.asException());
        TakeoverId id = stage.takeovers().start(Stage.request(stage.point, Mode.DRILL));
        await().until(() -> stage.state(id) == State.BOOTING);
        stage.takeovers().discard(id);
        await().until(() -> stage.state(id) == State.DONE);
        assertThat(stage.machineExists(id)).isFalse();
        assertThat(stage.cloneExists(id)).isFalse();
    }

    @Test
    void aResumeThatFailsKeepsTheDisk() {
        TakeoverId id = stopped();
        fail("hypervisor.start", Integer.MAX_VALUE, PERMANENT.asException());
        stage.takeovers().resume(id);
        await().until(() -> stage.takeover(id).problem().isPresent());
        assertThat(stage.state(id)).isEqualTo(State.STOPPED);
        assertThat(stage.takeover(id).failedIn()).hasValue(State.BOOTING);
        assertThat(stage.cloneExists(id)).isTrue();
        stage.listener = (moment, heard) -> {};
        stage.takeovers().resume(id);
        await().until(() -> stage.state(id) == State.RUNNING);
    }

    private TakeoverId stopped() {
        TakeoverId id = stage.takeovers().start(Stage.request(stage.point, Mode.TAKEOVER));
        await().until(() -> stage.state(id) == State.RUNNING);
        stage.takeovers().stop(id);
        await().until(() -> stage.state(id) == State.STOPPED);
        return id;
    }

    @Test
    void oneThatCannotBeStoppedRunsOnWithAProblem() {
        TakeoverId id = stage.takeovers().start(Stage.request(stage.point, Mode.TAKEOVER));
        await().until(() -> stage.state(id) == State.RUNNING);
        fail("hypervisor.shutDown", Integer.MAX_VALUE, PERMANENT.asException());
        stage.takeovers().stop(id);
        await().until(() -> stage.takeover(id).problem().isPresent());
        assertThat(stage.state(id)).isEqualTo(State.RUNNING);
        assertThat(stage.machineRuns(id)).isTrue();
    }

    @Test
    void aDiscardThatFailsIsSaidAndDoneByTheNextOne() {
        TakeoverId id = stopped();
        fail("store.destroyClone", 1, PERMANENT.asException());
        stage.takeovers().discard(id);
        await().until(() -> stage.state(id) == State.FAILED);
        assertThat(stage.takeover(id).failedIn()).hasValue(State.DISCARDING);
        assertThat(stage.cloneExists(id)).isTrue();
        stage.takeovers().discard(id);
        await().until(() -> !stage.cloneExists(id));
    }

    @Test
    void aHypervisorThatIsAwayChangesNothingOfARunningOne() {
        TakeoverId id = stage.takeovers().start(Stage.request(stage.point, Mode.TAKEOVER));
        await().until(() -> stage.state(id) == State.RUNNING);
        AtomicInteger asked = new AtomicInteger();
        stage.listener = (moment, heard) -> {
            if (moment == Moment.BEFORE && heard.startsWith("hypervisor.")) {
                asked.incrementAndGet();
                throw PASSING.asException();
            }
        };
        await().until(() -> asked.get() > 5);
        stage.listener = (moment, heard) -> {};
        assertThat(stage.state(id)).isEqualTo(State.RUNNING);
        assertThat(stage.takeover(id).problem()).isEmpty();
        assertThat(stage.machineRuns(id)).isTrue();
    }
}
