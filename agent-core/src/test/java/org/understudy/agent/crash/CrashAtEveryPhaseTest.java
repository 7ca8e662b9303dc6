package org.understudy.agent.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.enrolment.Enroller;
import org.understudy.agent.enrolment.EnrolmentRequest;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.testing.AgentLink;
import org.understudy.agent.testing.FakeAppliance;
import org.understudy.agent.testing.TestAuthority;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ServerMessage;

/** A real agent process dies at each phase of a run in turn; every next run is right and the state is always valid. */
@Tag("system")
class CrashAtEveryPhaseTest {

    private static final int SIZE = (2 << 20) + 3 * 512;

    @TempDir
    Path directory;

    private final CommandRunner commands = new ProcessCommandRunner();
    private final Random random = new Random(99);

    private Path disk() {
        return directory.resolve("disk");
    }

    private Path volume() {
        return directory.resolve("volume");
    }

    private RunningProcess start(String phase) {
        return commands.start(
                Command.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CrashingAgent.class.getName(),
                        directory.resolve("state").toString(),
                        disk().toString(),
                        volume().toString(),
                        phase),
                directory.resolve("agent.log"));
    }

    private void scribble() throws IOException {
        byte[] content = Files.readAllBytes(disk());
        for (int i = 0; i < 12; i++) {
            byte[] bytes = new byte[1 + random.nextInt(50_000)];
            if (random.nextBoolean()) {
                random.nextBytes(bytes);
            }
            System.arraycopy(bytes, 0, content, random.nextInt(SIZE - bytes.length), bytes.length);
        }
        Files.write(disk(), content);
    }

    private static ServerMessage.Transfer transfer(String run, @Nullable String base) {
        return new ServerMessage.Transfer(
                2,
                run,
                new ServerMessage.DataTarget(1, "iqn.2026-11.org.understudy:" + run, "u", "s"),
                List.of(new ServerMessage.LunAssignment("disk", 0, base, 65536)),
                0);
    }

    private void goodRun(FakeAppliance appliance, AgentLink link, String run, @Nullable String base, String point)
            throws IOException {
        link.send(new ServerMessage.BeginRun(1, run, List.of("disk"), 60_000, true));
        link.await(AgentMessage.RunBegun.class);
        link.send(transfer(run, base));
        link.await(AgentMessage.TransferFinished.class);
        appliance.commit(run, point);
        link.send(new ServerMessage.EndRun(3, run, point));
        link.await(AgentMessage.RunEnded.class);
        assertThat(Arrays.mismatch(Files.readAllBytes(volume()), Files.readAllBytes(disk())))
                .as("run %s", run)
                .isEqualTo(-1);
    }

    /** Drives a run until the agent dies; returns whether the appliance could make a point of it. */
    private static boolean runUntilDeath(
            FakeAppliance appliance, AgentLink link, String run, String base, String point) {
        link.send(new ServerMessage.DescribeHost(7));
        boolean committed = false;
        try {
            link.await(AgentMessage.HostDescription.class);
            link.send(new ServerMessage.BeginRun(1, run, List.of("disk"), 60_000, true));
            link.await(AgentMessage.RunBegun.class);
            link.send(transfer(run, base));
            link.await(AgentMessage.TransferFinished.class);
            appliance.commit(run, point);
            committed = true;
            link.send(new ServerMessage.EndRun(3, run, point));
            link.await(AgentMessage.RunEnded.class);
        } catch (AssertionError | java.io.UncheckedIOException e) {
            // The expected way: it died before it could answer.
            return committed;
        }
        throw new AssertionError("the agent did not die");
    }

    @Test
    void theRunAfterEachDeathIsRight() throws Exception {
        Files.write(disk(), new byte[SIZE]);
        Files.write(volume(), new byte[SIZE]);
        Path scriptLog = directory.resolve("scripts");
        try (FakeAppliance appliance = new FakeAppliance(new TestAuthority())) {
            try (StateDirectory state = StateDirectory.open(directory.resolve("state"))) {
                new Enroller(state)
                        .enrol(
                                new EnrolmentRequest(
                                        appliance.address(),
                                        appliance.authority().fingerprint(),
                                        "t",
                                        List.of()),
                                "host",
                                "machine",
                                false);
                Files.createDirectory(state.hooks());
                for (String name : List.of("pre", "post")) {
                    Path script = state.hooks().resolve(name + "-backup");
                    Files.writeString(script, "#!/bin/sh\necho " + name + " >> " + scriptLog + "\n");
                    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
                }
            }
            String base = null;
            for (RunPhase phase : RunPhase.values()) {
                scribble();
                RunningProcess agent = start(phase.name());
                try {
                    if (phase != RunPhase.CONNECTED) {
                        AgentLink link = appliance.awaitLink();
                        link.welcome(10);
                        goodRun(appliance, link, "good-" + phase, base, "point-" + phase);
                        base = "point-" + phase;
                        Files.copy(
                                volume(),
                                directory.resolve("snapshot"),
                                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                        scribble();
                        boolean committed = runUntilDeath(appliance, link, "crash-" + phase, base, "late-" + phase);
                        if (committed) {
                            base = "late-" + phase;
                        } else {
                            // The appliance rolls a half-written volume back to its last point.
                            Files.copy(
                                    directory.resolve("snapshot"),
                                    volume(),
                                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                        }
                    } else {
                        appliance.awaitLink().welcome(10);
                    }
                    assertThat(agent.awaitExit(Duration.ofSeconds(20)))
                            .as("dead at %s", phase)
                            .isTrue();
                    assertThat(agent.exitStatus()).isEqualTo(137);
                } finally {
                    agent.close();
                }
                List<String> bases =
                        StateDirectory.glance(directory.resolve("state")).bases();
                assertThat(bases).hasSizeLessThanOrEqualTo(2);
            }
            scribble();
            RunningProcess last = start("NEVER");
            try {
                AgentLink link = appliance.awaitLink();
                link.welcome(10);
                goodRun(appliance, link, "last", base, "point-last");
                await().untilAsserted(() -> {
                    List<String> ran = Files.readAllLines(scriptLog);
                    assertThat(ran.stream().filter("post"::equals))
                            .as("each pre-script got its post-script, the ended one perhaps twice")
                            .hasSizeGreaterThanOrEqualTo(
                                    (int) ran.stream().filter("pre"::equals).count());
                });
            } finally {
                last.close();
            }
            assertThat(StateDirectory.glance(directory.resolve("state")).bases())
                    .containsExactly("point-last");
        }
    }
}
