package org.understudy.agent.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.hooks.BackupHooks;
import org.understudy.agent.testing.MemoryExchange;
import org.understudy.agent.testing.RunBench;
import org.understudy.agent.testing.ScriptedDisk;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;
import org.understudy.core.protocol.ServerMessage;

class RunLoopTest {

    private static final int SIZE = 4 << 20;

    @TempDir
    Path directory;

    private final List<RunPhase> phases = new CopyOnWriteArrayList<>();
    private final ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE);
    private final Scripts scripts = new Scripts();
    private RunBench bench;

    @BeforeEach
    void fill() {
        Random random = new Random(5);
        byte[] content = new byte[SIZE];
        random.nextBytes(content);
        disk.write(0, content);
        disk.use(ExtentSet.of(new Extent(0, SIZE)));
        RunObserver observer = (phase, run, pass) -> phases.add(phase);
        bench = new RunBench(directory, new MemoryExchange(), scripts, List.of(observer), disk);
    }

    @AfterEach
    void nothingIsLeft() {
        bench.close();
        assertThat(disk.openReaders()).isZero();
        assertThat(bench.targets.openSessions()).isZero();
        assertThat(bench.freezer.isFrozen()).isFalse();
        assertThat(bench.freezer.openHolds()).isZero();
        assertThat(bench.state.postScriptDue()).isFalse();
        assertThat(directory.resolve("work")).isEmptyDirectory();
    }

    /** Scripts that write down that they ran. */
    private static final class Scripts implements BackupHooks {

        private final List<String> ran = new CopyOnWriteArrayList<>();
        private volatile boolean there;
        private volatile boolean preFails;

        @Override
        public boolean hasPre() {
            return there;
        }

        @Override
        public boolean hasPost() {
            return there;
        }

        @Override
        public boolean pre(String run) {
            ran.add("pre");
            if (preFails) {
                throw Problem.of(ProblemCode.SCRIPT_FAILED, "script", "pre-backup", "status", "3")
                        .withDetails("no database")
                        .asException();
            }
            return true;
        }

        @Override
        public void post(String run) {
            ran.add("post");
        }
    }

    private void begin(String run) {
        bench.begin(run, true);
        bench.await(AgentMessage.RunBegun.class);
    }

    private AgentMessage.Failed failedWith(ProblemCode code) {
        AgentMessage.Failed failed = bench.await(AgentMessage.Failed.class);
        assertThat(failed.code()).as("%s", failed).isEqualTo(code);
        return failed;
    }

    @Test
    void aQuestionForFactsIsAnsweredEvenIfTheMachineFails() {
        bench.close();
        RunObserver failing = (phase, run, pass) -> {
            if (phase == RunPhase.DESCRIBING) {
                throw new StackOverflowError("made by the test");
            }
        };
        bench = new RunBench(directory, new MemoryExchange(), scripts, List.of(failing), disk);

        long request = bench.describe();

        AgentMessage.Failed answer = bench.await(AgentMessage.Failed.class);
        assertThat(answer.request()).isEqualTo(request);
        assertThat(answer.code()).isEqualTo(ProblemCode.INTERNAL);
    }

    @Test
    void aRunPassesItsPhasesInOrder() {
        disk.mounted(true);
        bench.run("r1", null, "p1");

        assertThat(phases)
                .containsExactly(
                        RunPhase.BEGUN,
                        RunPhase.LOGGED_IN,
                        RunPhase.PASS_STARTED,
                        RunPhase.PASS_STARTED,
                        RunPhase.FROZEN,
                        RunPhase.THAWED,
                        RunPhase.SENT,
                        RunPhase.FLUSHED,
                        RunPhase.DIGESTS_UPLOADED,
                        RunPhase.TRANSFER_FINISHED,
                        RunPhase.ENDED);
    }

    @Test
    void aSecondTransferAndAnUnknownRunAreRefusedAndDisturbNothing() {
        bench.transfer("nobody", null, 0);
        assertThat(failedWith(ProblemCode.RUN_UNKNOWN).values()).containsEntry("run", "nobody");

        begin("r1");
        bench.begin("r1", false);
        failedWith(ProblemCode.RUN_IN_PROGRESS);

        bench.targets.hang();
        bench.transfer("r1", null, 0);
        bench.transfer("r1", null, 0);
        failedWith(ProblemCode.RUN_IN_PROGRESS);
        bench.loop.handle(new ServerMessage.CancelRun("r1"), bench.answers::add);
        failedWith(ProblemCode.CANCELLED);
    }

    @Test
    void cancellingStopsATransferWithinASecondEvenIfTheTargetHangs() {
        bench.targets.hang();
        begin("r1");
        bench.transfer("r1", null, 0);
        await().until(() -> phases.contains(RunPhase.PASS_STARTED));

        bench.loop.handle(new ServerMessage.CancelRun("r1"), bench.answers::add);

        AgentMessage.Failed failed = bench.await(AgentMessage.Failed.class, Duration.ofSeconds(1));
        assertThat(failed.code()).isEqualTo(ProblemCode.CANCELLED);
        bench.end("r1", null);
        bench.await(AgentMessage.RunEnded.class);
    }

    @Test
    void cancellingStopsATransferThatWaitsForItsRateLimit() {
        begin("r1");
        bench.transfer("r1", null, 1000);
        await().until(() -> phases.contains(RunPhase.PASS_STARTED));

        bench.loop.handle(new ServerMessage.CancelRun("r1"), bench.answers::add);

        assertThat(bench.await(AgentMessage.Failed.class, Duration.ofSeconds(1)).code())
                .isEqualTo(ProblemCode.CANCELLED);
    }

    @Test
    void liftingTheRateLimitLetsARunningTransferGoOn() {
        begin("r1");
        bench.transfer("r1", null, 1000);
        await().until(() -> phases.contains(RunPhase.PASS_STARTED));

        bench.loop.handle(new ServerMessage.LimitRate("r1", 0), bench.answers::add);

        assertThat(bench.await(AgentMessage.TransferFinished.class, Duration.ofSeconds(5))
                        .disks())
                .hasSize(1);
        bench.end("r1", null);
        bench.await(AgentMessage.RunEnded.class);
    }

    @Test
    void aLostConnectionReleasesTheRunAndTheNextOneIsRight() {
        bench.targets.hang();
        scripts.there = true;
        begin("r1");
        bench.transfer("r1", null, 0);
        await().until(() -> phases.contains(RunPhase.PASS_STARTED));

        bench.loop.release(Problem.of(ProblemCode.AGENT_CONNECTION_LOST, "host", "h"));

        failedWith(ProblemCode.AGENT_CONNECTION_LOST);
        assertThat(scripts.ran).containsExactly("pre", "post");
        assertThat(bench.targets.openSessions()).isZero();
    }

    @Test
    void anotherRunReplacesTheOneThatTheApplianceForgot() {
        bench.targets.hang();
        begin("r1");
        bench.transfer("r1", null, 0);
        await().until(() -> phases.contains(RunPhase.PASS_STARTED));

        bench.begin("r2", false);

        failedWith(ProblemCode.CANCELLED);
        assertThat(bench.await(AgentMessage.RunBegun.class).run()).isEqualTo("r2");
        bench.end("r2", null);
        bench.await(AgentMessage.RunEnded.class);
    }

    @Test
    void endingARunThatIsNotKnownIsNoFault() {
        long request = bench.end("long-gone", "point");
        assertThat(bench.await(AgentMessage.RunEnded.class)).isEqualTo(new AgentMessage.RunEnded(request, "long-gone"));
    }

    @Test
    void aFailedPreScriptFailsTheRunAndThePostScriptStillRuns() {
        scripts.there = true;
        scripts.preFails = true;
        bench.begin("r1", true);

        AgentMessage.Failed failed = failedWith(ProblemCode.SCRIPT_FAILED);
        assertThat(failed.details()).isEqualTo("no database");
        assertThat(scripts.ran).containsExactly("pre", "post");
    }

    @Test
    void scriptsAndAFreezeMakeAnApplicationConsistentPoint() {
        scripts.there = true;
        disk.mounted(true);
        AgentMessage.TransferFinished finished = bench.run("r1", null, "p1");
        assertThat(finished.consistency()).isEqualTo(Consistency.APPLICATION);
        assertThat(scripts.ran).containsExactly("pre", "post");
    }

    @Test
    void aDiskWithoutMountsThatStandsStillIsConsistentAndOneInUseIsNotCalledSo() {
        AgentMessage.TransferFinished quiet = bench.run("r1", null, "p1");
        assertThat(quiet.consistency()).isEqualTo(Consistency.FILE_SYSTEM);
        assertThat(quiet.frozenMillis()).isZero();

        disk.inUse(true);
        AgentMessage.TransferFinished used = bench.run("r2", "p1", "p2");
        assertThat(used.consistency()).isEqualTo(Consistency.CRASH);
        assertThat(used.consistencyReason()).contains("cannot be frozen");
    }

    @Test
    void whenTheKernelRefusesToFreezeTwoEqualPassesProveAnInstant() {
        disk.mounted(true);
        bench.freezer.refuse();
        int[] left = {7};
        Random random = new Random(7);
        disk.host(() -> {
            if (--left[0] > 0) {
                disk.write(random.nextInt(SIZE), new byte[] {(byte) left[0]});
            }
        });
        AgentMessage.TransferFinished finished = bench.run("r1", null, "p1");

        assertThat(finished.consistency()).isEqualTo(Consistency.CRASH);
        assertThat(finished.consistencyReason())
                .contains("one instant between two equal readings")
                .contains("could not be frozen");
        assertThat(Arrays.mismatch(bench.targets.durable(0), disk.normalised())).isEqualTo(-1);
    }

    @Test
    void aDiskThatNeverRestsIsNotCalledOneInstant() {
        disk.mounted(true);
        bench.freezer.refuse();
        Random random = new Random(8);
        disk.host(() -> disk.write(random.nextInt(SIZE), new byte[] {(byte) random.nextInt()}));

        AgentMessage.TransferFinished finished = bench.run("r1", null, "p1");

        assertThat(finished.consistency()).isEqualTo(Consistency.CRASH);
        assertThat(finished.consistencyReason()).contains("not one instant");
        assertThat(phases.stream().filter(p -> p == RunPhase.PASS_STARTED)).hasSize(5);
    }

    @Test
    void aFreezeThatTheWatchdogEndedDoesNotCount() {
        disk.mounted(true);
        bench.freezer.biteEarly();
        AgentMessage.TransferFinished finished = bench.run("r1", null, "p1");
        assertThat(finished.consistency()).isEqualTo(Consistency.CRASH);
    }

    @Test
    void aFreezeThatWouldTakeTooLongIsNotTried() {
        disk.mounted(true);
        bench.freezeLimitMillis = 0;
        AgentMessage.TransferFinished finished = bench.run("r1", null, "p1");
        assertThat(finished.consistency()).isEqualTo(Consistency.CRASH);
        assertThat(finished.consistencyReason()).contains("one instant");
        assertThat(phases).doesNotContain(RunPhase.FROZEN);
    }

    @Test
    void moreChangesThanMemoryMayHoldEndTheFreezeAndTheRunGoesOn() {
        disk.mounted(true);
        byte[] all = new byte[SIZE];
        Arrays.fill(all, (byte) 9);
        List<RunPhase> once = new ArrayList<>();
        // The bench may hold 4 MiB: bookkeeping makes a wholly new disk of 4 MiB too much.
        disk.host(() -> {
            if (phases.contains(RunPhase.LOGGED_IN) && once.isEmpty() && lastWindowOfPassOne()) {
                once.add(RunPhase.PASS_STARTED);
                disk.write(0, all);
            }
        });
        AgentMessage.TransferFinished finished = bench.run("r1", null, "p1");
        assertThat(finished.consistency()).isEqualTo(Consistency.CRASH);
        assertThat(finished.consistencyReason()).contains("MiB changed");
        assertThat(Arrays.mismatch(bench.targets.durable(0), disk.normalised())).isEqualTo(-1);
    }

    private int reads;

    private boolean lastWindowOfPassOne() {
        return ++reads >= SIZE >> 20;
    }

    @Test
    void aBrokenSessionAndARefusedLoginAreToldAsSuch() {
        bench.targets.failAfter(2);
        begin("r1");
        bench.transfer("r1", null, 0);
        failedWith(ProblemCode.ISCSI_CONNECTION_LOST);

        bench.targets.refuseLogin();
        begin("r2");
        bench.transfer("r2", null, 0);
        failedWith(ProblemCode.ISCSI_LOGIN_REFUSED);
    }

    @Test
    void aBadSectorFailsTheRunWithDiskAndOffset() {
        disk.failAt((2 << 20) + 5000);
        begin("r1");
        bench.transfer("r1", null, 0);
        AgentMessage.Failed failed = failedWith(ProblemCode.DISK_READ_FAILED);
        assertThat(failed.values()).containsEntry("disk", "wwn-1").containsEntry("offset", Integer.toString(2 << 20));
    }

    @Test
    void aDiskThatIsNotThereIsToldByItsKey() {
        bench.loop.handle(new ServerMessage.BeginRun(77, "r1", List.of("wwn-gone"), 5000, false), bench.answers::add);
        AgentMessage.Failed failed = failedWith(ProblemCode.DISK_NOT_FOUND);
        assertThat(failed.values()).containsEntry("disk", "wwn-gone");
        assertThat(failed.request()).isEqualTo(77);
    }

    @Test
    void aLunOfAnotherSizeIsRefused() {
        bench.targets.put(0, new byte[SIZE - 512]);
        begin("r1");
        bench.transfer("r1", null, 0);
        failedWith(ProblemCode.PROTOCOL_VIOLATION);
    }

    @Test
    void aPostScriptThatADeadAgentOwesRunsAtTheNextStart() {
        bench.close();
        scripts.there = true;
        try (var state = org.understudy.agent.state.StateDirectory.open(directory)) {
            state.setPostScriptDue(true);
        }
        bench = new RunBench(directory, new MemoryExchange(), scripts, List.of(), disk);
        await().untilAsserted(() -> assertThat(scripts.ran).containsExactly("post"));
        await().until(() -> !bench.state.postScriptDue());
    }

    @Test
    void progressComesAtMostTwiceASecondAndNeverBeyondTheTotal() {
        begin("r1");
        bench.transfer("r1", null, 3 << 20);
        List<AgentMessage.Progress> all = new ArrayList<>();
        @Nullable AgentMessage answer = next();
        while (answer instanceof AgentMessage.Progress progress) {
            all.add(progress);
            answer = next();
        }
        assertThat(answer).isInstanceOf(AgentMessage.TransferFinished.class);
        assertThat(all).isNotEmpty().hasSizeLessThan(8).allSatisfy(progress -> {
            assertThat(progress.doneBytes()).isLessThanOrEqualTo(progress.totalBytes());
            assertThat(progress.totalBytes()).isEqualTo(SIZE);
        });
        bench.end("r1", null);
        bench.await(AgentMessage.RunEnded.class);
    }

    private @Nullable AgentMessage next() {
        try {
            return bench.answers.poll(10, java.util.concurrent.TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
