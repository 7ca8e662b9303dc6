package org.understudy.core.command;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

class ProcessCommandRunnerTest {

    private final CommandRunner runner = new ProcessCommandRunner();

    @TempDir
    Path directory;

    @Test
    void bothStreamsAndTheStatusAreTold() {
        CommandResult result = runner.run(sh("echo out; echo err >&2; exit 7"));

        assertThat(result.exitStatus()).isEqualTo(7);
        assertThat(result.succeeded()).isFalse();
        assertThat(result.output()).isEqualTo("out\n");
        assertThat(result.errorOutput()).isEqualTo("err\n");
        assertThat(fails(ProblemCode.COMMAND_FAILED, result::orThrow).details()).isEqualTo("err");
    }

    @Test
    void argumentsReachTheProgramAsTheyAre() {
        String odd = "a b'c\"d $HOME `id` \\ * 备份\n;";

        assertThat(runner.run(Command.of("printf", "%s", odd)).output()).isEqualTo(odd);
    }

    @Test
    void inputEnvironmentAndDirectoryArePassedOn() throws IOException {
        Command command = Command.of("sh", "-c", "cat; echo \"$GREETING $LC_ALL\"; pwd")
                .withInput("from input\n".getBytes(StandardCharsets.UTF_8))
                .withEnvironment(Map.of("GREETING", "hello"))
                .inDirectory(directory);

        assertThat(runner.run(command).lines())
                .containsExactly("from input", "hello C", directory.toRealPath().toString());
    }

    @Test
    void outputLargerThanAnyPipeOnBothStreamsDoesNotBlock() {
        CommandResult result =
                runner.run(sh("head -c 5000000 /dev/zero | tr '\\0' x; head -c 5000000 /dev/zero | tr '\\0' y >&2"));

        assertThat(result.output()).hasSize(5_000_000);
        assertThat(result.errorOutput()).hasSize(5_000_000);
    }

    @Test
    void inputThatNobodyReadsDoesNotBlock() {
        assertThat(runner.run(Command.of("true").withInput(new byte[1 << 20])).succeeded())
                .isTrue();
    }

    @Test
    void aMissingProgramIsNamed() {
        assertThat(fails(ProblemCode.COMMAND_MISSING, () -> runner.run(Command.of("understudy-no-such-program")))
                        .values())
                .containsEntry("program", "understudy-no-such-program");
        fails(
                ProblemCode.COMMAND_MISSING,
                () -> runner.start(Command.of("understudy-no-such-program"), directory.resolve("log")));
    }

    @Test
    void aProgramWithoutProgressIsEnded() throws IOException {
        Path pid = directory.resolve("pid");
        Command stalled = sh("echo $$ > " + pid + "; exec sleep 600").withStallLimit(Duration.ofSeconds(1));

        Problem problem = fails(ProblemCode.COMMAND_STALLED, () -> runner.run(stalled));

        assertThat(problem.values()).containsEntry("seconds", "1");
        assertThat(problem.isTransient()).isTrue();
        long process = Long.parseLong(Files.readString(pid).strip());
        await().atMost(10, SECONDS).until(() -> ProcessHandle.of(process).isEmpty());
    }

    @Test
    void aProgramThatWaitsForOneThatComputesIsNotStalled() {
        Command waiting = sh("(end=$(($(date +%s) + 4)); while [ $(date +%s) -lt $end ]; do :; done); echo done")
                .withStallLimit(Duration.ofSeconds(1));

        assertThat(runner.run(waiting).output()).isEqualTo("done\n");
    }

    @Test
    void aProgramThatWaitsForOneThatDoesNothingIsEndedWithIt() throws IOException {
        Path pid = directory.resolve("pid");
        Command waiting = sh("sleep 600 & echo $! > " + pid + "; wait").withStallLimit(Duration.ofSeconds(1));

        fails(ProblemCode.COMMAND_STALLED, () -> runner.run(waiting));

        long child = Long.parseLong(Files.readString(pid).strip());
        await().atMost(10, SECONDS).until(() -> ProcessHandle.of(child).isEmpty());
    }

    @Test
    void aProgramThatKeepsPrintingMayTakeLongerThanItsStallLimit() {
        Command slow =
                sh("for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.3; done").withStallLimit(Duration.ofSeconds(2));

        assertThat(runner.run(slow).lines()).hasSize(8);
    }

    @Test
    void anInterruptEndsTheProgramAndKeepsTheFlag() throws Exception {
        Path pid = directory.resolve("pid");
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        CompletableFuture<Problem> problem = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                runner.run(sh("echo $$ > " + pid + "; exec sleep 600"));
            } catch (ProblemException e) {
                flag.complete(Thread.currentThread().isInterrupted());
                problem.complete(e.problem());
            }
        });
        thread.start();
        await().atMost(10, SECONDS).until(() -> Files.exists(pid) && Files.size(pid) > 0);

        thread.interrupt();

        assertThat(problem.get(10, SECONDS).code()).isEqualTo(ProblemCode.CANCELLED);
        assertThat(flag.get(10, SECONDS)).isTrue();
        long process = Long.parseLong(Files.readString(pid).strip());
        await().atMost(10, SECONDS).until(() -> ProcessHandle.of(process).isEmpty());
    }

    @Test
    void aDaemonThatKeepsTheOutputOpenIsNotWaitedFor() {
        CommandResult result = runner.run(sh("sleep 600 & echo $!"));
        long daemon = Long.parseLong(result.output().strip());
        try {
            assertThat(ProcessHandle.of(daemon)).isPresent();
            assertThat(result.succeeded()).isTrue();
        } finally {
            ProcessHandle.of(daemon).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void secretsAreShownNowhere() {
        Command command = Command.of("false", "--password=hunter2", "hunter2").withSecrets("hunter2");

        assertThat(command.toString()).isEqualTo("false '--password=***' '***'");
        Problem problem =
                fails(ProblemCode.COMMAND_FAILED, () -> runner.run(command).orThrow());
        assertThat(problem.english()).doesNotContain("hunter2").contains("***");
    }

    @Test
    void aCommandLineForPeopleIsQuotedForAShell() {
        assertThat(Command.of("mount", "-o", "noatime", "/dev/loop0", "/srv/it's here"))
                .hasToString("mount -o noatime /dev/loop0 '/srv/it'\\''s here'");
        assertThatIllegalArgumentException().isThrownBy(() -> Command.of(List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> Command.of(" "));
    }

    @Test
    void aStartedProgramRunsOnAndWritesItsLog() throws IOException {
        Path log = directory.resolve("log");
        Files.writeString(log, "before\n");
        try (RunningProcess process = runner.start(sh("echo started; echo trouble >&2; exec sleep 600"), log)) {
            await().atMost(10, SECONDS).until(() -> Files.readString(log).contains("trouble"));
            assertThat(log).hasContent("before\nstarted\ntrouble\n");
            assertThat(process.isAlive()).isTrue();
            assertThat(process.awaitExit(Duration.ofMillis(1))).isFalse();

            process.close();
            process.close();

            assertThat(process.awaitExit(Duration.ofSeconds(10))).isTrue();
            assertThat(process.isAlive()).isFalse();
            assertThat(process.exitStatus()).isNotZero();
        }
    }

    private static Command sh(String script) {
        return Command.of("sh", "-c", script);
    }

    private static Problem fails(ProblemCode code, ThrowingCallable call) {
        Problem[] problem = new Problem[1];
        assertThatExceptionOfType(ProblemException.class).isThrownBy(call).satisfies(e -> {
            assertThat(e.problem().code()).isEqualTo(code);
            problem[0] = e.problem();
        });
        return problem[0];
    }
}
