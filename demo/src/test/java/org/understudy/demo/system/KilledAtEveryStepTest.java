package org.understudy.demo.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.agent.control.RunPhase;
import org.understudy.server.protection.BackupRun.State;
import tools.jackson.databind.JsonNode;

/**
 * The server, the agent and the wire between them fail at every step of a run. After each failure nothing is exported, frozen or
 * left mounted, the failure is explained, the points that were there are whole, and the next run is right.
 */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KilledAtEveryStepTest {

    /** The appliance's default for a host without policy. */
    private static final Duration FREEZE_LIMIT = Duration.ofSeconds(5);

    private static final Duration GRACE = Duration.ofSeconds(1);
    private static final Duration AT_ONCE = Duration.ofSeconds(5);
    private static final int USED_BYTES = 8 << 20;
    private static final int CHANGED_BYTES = 300_000;
    private static final long SEED = 20261120;

    /** From here on the agent is not needed for the point to be made. */
    private static final Set<State> WITHOUT_AGENT = EnumSet.range(State.RELEASING, State.CATALOGUING);

    private final Random random = new Random(SEED);

    @SuppressWarnings("NullAway.Init")
    private Lab lab;

    @SuppressWarnings("NullAway.Init")
    private Lab.Host host;

    @SuppressWarnings("NullAway.Init")
    private LiveDisk disk;

    @SuppressWarnings("NullAway.Init")
    private List<Path> mounts;

    @SuppressWarnings("NullAway.Init")
    private String pointBefore;

    @BeforeAll
    void protectHost() throws Exception {
        System.out.println("seed " + SEED);
        lab = new Lab(
                "killed",
                "--understudy.storage.pool-size=4GB",
                "--understudy.protection.retries=0",
                "--understudy.protection.agent-silence=20s",
                "--understudy.protection.cancel-patience=1s",
                "--understudy.fleet.ping-interval=3s");
        lab.startServer();
        disk = lab.register(LiveDisk.make(lab.commands, lab.work, "web1", "ext4", 64L << 20));
        disk.write("content", USED_BYTES, random);
        host = lab.enrol("web1", disk);
        Path hook = Files.createDirectories(host.state.resolve("hooks")).resolve("pre-backup");
        Files.writeString(hook, "#!/bin/sh\nexit 0\n");
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwx------"));
        host.allowFreeze(FREEZE_LIMIT);
        host.backUpAndCompare();
        mounts = lab.mounts();
    }

    /** Every point that any scenario left is read back once more. */
    @AfterAll
    void everyPointIsWhole() throws Exception {
        try (Lab closing = lab) {
            for (String point : host.points()) {
                assertThat(closing.mismatches(point))
                        .as("mismatches of point " + point)
                        .isZero();
            }
        }
    }

    /** Something to send, a connected agent and nothing armed. */
    @BeforeEach
    void change() throws Exception {
        disk.write("changed", CHANGED_BYTES, random);
        host.awaitConnected();
        pointBefore = host.points().get(0);
    }

    @ParameterizedTest
    @EnumSource(
            value = State.class,
            names = {"REQUESTED", "DONE", "FAILED", "CANCELLED"},
            mode = EnumSource.Mode.EXCLUDE)
    void theServerIsKilled(State state) throws Exception {
        lab.serverGate.arm(state.name(), Gate.Action.HALT);
        startRunOfDyingServer();
        assertThat(lab.server().awaitExit(Lab.PATIENCE)).isTrue();
        disk.requireWritableWithin(FREEZE_LIMIT.plus(GRACE));

        lab.startServer();

        JsonNode run = lab.awaitEnd(host.newestRun().get("id").asString());
        boolean committed = state.compareTo(State.COMMITTING) >= 0;
        requireOutcome(run, committed);
        if (!committed) {
            assertThat(run.get("problem").get("code").asString()).isEqualTo("RUN_INTERRUPTED");
            assertThat(run.get("failedIn").asString()).isEqualTo(state.name());
        }
        if (state == State.TRANSFERRING) {
            // The agent lives on and finds back by itself; elsewhere its growing pauses are cut short.
            host.awaitConnected();
        } else {
            host.restartAgent();
        }
        requireNothingLost();
    }

    private void startRunOfDyingServer() throws InterruptedException {
        try {
            host.startRun();
        } catch (UncheckedIOException e) {
            // It died before it could answer, as it should.
            assertThat(e.getMessage()).contains("runs");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RunPhase.class,
            names = {"CONNECTED"},
            mode = EnumSource.Mode.EXCLUDE)
    void theAgentIsKilled(RunPhase phase) throws Exception {
        host.gate.arm(phase.name(), Gate.Action.HALT);
        String id = host.startRun();
        assertThat(host.agent().awaitExit(Lab.PATIENCE)).isTrue();
        disk.requireWritableWithin(FREEZE_LIMIT.plus(GRACE));

        requireOutcome(lab.awaitEnd(id), phase == RunPhase.ENDED);
        host.startAgent();
        host.awaitConnected();
        requireNothingLost();
    }

    @Test
    void theAgentIsKilledWhenItConnects() throws Exception {
        host.stopAgent();
        host.gate.arm(RunPhase.CONNECTED.name(), Gate.Action.HALT);
        host.startAgent();
        assertThat(host.agent().awaitExit(Lab.PATIENCE)).isTrue();

        host.startAgent();
        host.awaitConnected();
        requireNothingLost();
    }

    @Test
    void anAgentThatHangsWhileFrozenIsThawedFromOutside() throws Exception {
        String step = RunPhase.FROZEN.name();
        host.gate.arm(step, Gate.Action.WAIT);
        String id = host.startRun();
        host.gate.awaitArrival(step, Lab.PATIENCE);

        disk.requireWritableWithin(FREEZE_LIMIT.plus(GRACE));

        host.gate.open(step);
        JsonNode run = lab.awaitEnd(id);
        requireOutcome(run, true);
        JsonNode point = lab.api().get("points/" + run.get("pointId").asString());
        assertThat(point.get("consistency").asString()).isEqualTo("CRASH");
        assertThat(point.get("consistencyReason").asString()).contains("limit of 5000 ms");
        requireNothingLost();
    }

    @ParameterizedTest
    @EnumSource(
            value = State.class,
            names = {"REQUESTED", "DONE", "FAILED", "CANCELLED"},
            mode = EnumSource.Mode.EXCLUDE)
    void theWireIsCut(State state) throws Exception {
        lab.serverGate.arm(state.name(), Gate.Action.WAIT);
        String id = host.startRun();
        lab.serverGate.awaitArrival(state.name(), Lab.PATIENCE);
        lab.control.cut();
        lab.dataWire.cut();
        lab.serverGate.open(state.name());

        JsonNode run = lab.awaitEnd(id);
        requireOutcome(run, WITHOUT_AGENT.contains(state));
        disk.requireWritableWithin(FREEZE_LIMIT.plus(GRACE));
        mendWires();
        requireNothingLost();
    }

    @ParameterizedTest
    @EnumSource(
            value = RunPhase.class,
            names = {"LOGGED_IN", "FROZEN", "FLUSHED"})
    void theWireIsCutWhileDataFlow(RunPhase phase) throws Exception {
        host.gate.arm(phase.name(), Gate.Action.WAIT);
        String id = host.startRun();
        host.gate.awaitArrival(phase.name(), Lab.PATIENCE);
        lab.control.cut();
        lab.dataWire.cut();
        host.gate.open(phase.name());

        requireOutcome(lab.awaitEnd(id), false);
        disk.requireWritableWithin(FREEZE_LIMIT.plus(GRACE));
        mendWires();
        requireNothingLost();
    }

    @Test
    void theWireGoesSilentWhileDataFlow() throws Exception {
        String step = RunPhase.LOGGED_IN.name();
        host.gate.arm(step, Gate.Action.WAIT);
        String id = host.startRun();
        host.gate.awaitArrival(step, Lab.PATIENCE);
        lab.control.goSilent();
        lab.dataWire.goSilent();
        host.gate.open(step);

        requireOutcome(lab.awaitEnd(id), false);
        disk.requireWritableWithin(AT_ONCE);
        mendWires();
        requireNothingLost();
    }

    private void mendWires() throws IOException, InterruptedException {
        lab.control.mend();
        lab.dataWire.mend();
        host.restartAgent();
    }

    private static void requireOutcome(JsonNode run, boolean done) {
        assertThat(run.get("state").asString()).as("run " + run).isEqualTo(done ? "DONE" : "FAILED");
        if (!done) {
            JsonNode problem = run.get("problem");
            for (String part : List.of("summary", "cause", "remedy")) {
                assertThat(problem.get(part).asString())
                        .as(part + " of " + problem)
                        .isNotBlank();
            }
        }
    }

    private void requireNothingLost() throws Exception {
        assertThat(host.exports()).as("targets that are still exported").isZero();
        assertThat(lab.mounts()).isEqualTo(mounts);
        disk.requireWritableWithin(AT_ONCE);
        assertThat(lab.mismatches(pointBefore))
                .as("mismatches of the point before")
                .isZero();
        disk.write("afterwards", CHANGED_BYTES, random);
        host.backUpAndCompare();
    }
}
