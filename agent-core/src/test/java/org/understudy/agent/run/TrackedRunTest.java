package org.understudy.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.snapshot.TrackedSource;
import org.understudy.agent.testing.MemoryExchange;
import org.understudy.agent.testing.RunBench;
import org.understudy.agent.testing.ScriptedDisk;
import org.understudy.agent.testing.ScriptedTracking;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;

/** With tracking the LUN is the normalised disk at one instant as well, and little is read for it. */
class TrackedRunTest {

    private static final int SIZE = (12 << 20) + 37 * 512;
    private static final int ROUNDS = 8;

    @TempDir
    Path directory;

    private RunBench bench(ScriptedTracking tracking, List<RunObserver> observers, ScriptedDisk... disks) {
        return new RunBench(
                directory,
                new MemoryExchange(),
                new RunBench.NoHooks(),
                observers,
                comparison -> new TrackedSource(tracking, comparison),
                disks);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void volumesEqualTheFrozenDisksWhateverIsWrittenAllocatedAndFreed(long seed) {
        Random random = new Random(seed);
        ScriptedDisk first = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        ScriptedDisk second = new ScriptedDisk("serial-2", SIZE / 2 / 512 * 512).mounted(true);
        ScriptedTracking tracking = new ScriptedTracking(first, second);
        try (RunBench bench = bench(tracking, List.of(), first, second)) {
            String base = null;
            for (int round = 0; round < ROUNDS; round++) {
                for (ScriptedDisk disk : bench.disks) {
                    if (random.nextInt(3) == 0) {
                        reallocate(disk, random);
                    }
                    scribble(disk, random, random.nextInt(60));
                    disk.host(() -> {
                        if (random.nextInt(4) == 0) {
                            scribble(disk, random, 1);
                        }
                        if (random.nextInt(90) == 0) {
                            reallocate(disk, random);
                        }
                    });
                }
                if (random.nextInt(6) == 0) {
                    tracking.doubt("a test wants it");
                }
                String point = "point-" + round;
                AgentMessage.TransferFinished finished = bench.run("run-" + round, base, point);

                assertThat(finished.consistency())
                        .as(finished.consistencyReason())
                        .isEqualTo(Consistency.FILE_SYSTEM);
                assertEqualTruth(bench, point);
                base = point;
            }
            assertThat(bench.freezer.openHolds()).isZero();
            assertThat(tracking.openChanges()).isZero();
            assertThat(first.openReaders() + second.openReaders()).isZero();
        }
    }

    private static void assertEqualTruth(RunBench bench, String what) {
        for (int i = 0; i < bench.disks.size(); i++) {
            assertThat(Arrays.mismatch(
                            bench.targets.durable(i),
                            bench.freezer.truth(bench.disks.get(i).key())))
                    .as(
                            "first byte of %s that differs at %s",
                            bench.disks.get(i).key(), what)
                    .isEqualTo(-1);
        }
    }

    @Test
    void onlyWhatWasWrittenIsReadAndEachChangedBlockIsSentOnce() {
        Random random = new Random(5);
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        disk.use(ExtentSet.of(new Extent(0, 8 << 20)));
        scribble(disk, random, 200);
        ScriptedTracking tracking = new ScriptedTracking(disk);
        try (RunBench bench = bench(tracking, List.of(), disk)) {
            AgentMessage.TransferFinished whole = bench.run("run-1", null, "point-1");
            assertThat(whole.consistencyReason()).contains("no such point").contains("tracked from now on");
            byte[] bytes = new byte[4096];
            random.nextBytes(bytes);
            disk.write(3 << 20, bytes);

            AgentMessage.TransferFinished finished = bench.run("run-2", "point-1", "point-2");

            assertThat(finished.consistencyReason()).contains("Only blocks written since the last point");
            AgentMessage.DiskTransfer moved = finished.disks().get(0);
            assertThat(moved.scannedBytes())
                    .as("the piece, and its block for the digest")
                    .isEqualTo(4096 + RunBench.BLOCK);
            assertThat(moved.changedBytes()).isEqualTo(RunBench.BLOCK);
            assertThat(moved.sentBytes()).isEqualTo(4096);
            assertEqualTruth(bench, "point-2");
        }
    }

    @Test
    void smallWritesAllOverTheDiskFitIntoMemoryAlthoughTheirBlocksWouldNot() {
        Random random = new Random(13);
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        disk.use(ExtentSet.of(new Extent(0, SIZE)));
        scribble(disk, random, 300);
        byte[] piece = new byte[4096];
        try (RunBench bench = bench(new ScriptedTracking(disk), List.of(), disk)) {
            bench.run("run-1", null, "point-1");
            // Every block of the disk, three times as much as may be held as whole blocks.
            disk.host(() -> {
                random.nextBytes(piece);
                disk.write((long) random.nextInt(SIZE / 4096) * 4096, piece);
            });

            AgentMessage.TransferFinished finished = bench.run("run-2", "point-1", "point-2");

            assertThat(finished.consistency()).as(finished.consistencyReason()).isEqualTo(Consistency.FILE_SYSTEM);
            assertEqualTruth(bench, "point-2");
        }
    }

    @Test
    void aPieceIsNotPutIntoABlockThatTheApplianceDoesNotHoldAsItWasSent() {
        Random random = new Random(14);
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        disk.use(ExtentSet.of(new Extent(0, SIZE)));
        scribble(disk, random, 300);
        byte[] piece = new byte[4096];
        random.nextBytes(piece);
        // The rest of the block is written right after the thaw, so that it must come from the LUN.
        RunObserver writer = (phase, run, pass) -> {
            if (phase == RunPhase.THAWED && "run-2".equals(run)) {
                disk.write((5 << 20) + 40_000, new byte[] {(byte) pass, 1, 2, 3});
            }
        };
        try (RunBench bench = bench(new ScriptedTracking(disk), List.of(writer), disk)) {
            bench.run("run-1", null, "point-1");
            disk.write(5 << 20, piece);
            disk.write(7 << 20, piece);
            bench.targets.damage(0, (5 << 20) + 20_000);

            AgentMessage.TransferFinished finished = bench.run("run-2", "point-1", "point-2");

            assertThat(finished.consistency()).as(finished.consistencyReason()).isEqualTo(Consistency.FILE_SYSTEM);
            assertEqualTruth(bench, "point-2");
            assertThat(finished.disks().get(0).sentBytes())
                    .as("a piece, and the damaged block whole")
                    .isBetween(4096L + 1, 2L * 4096 + RunBench.BLOCK);
        }
    }

    @Test
    void aFreezeThatIsCutOffIsTriedAgainAndLosesNothing() {
        Random random = new Random(15);
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        disk.use(ExtentSet.of(new Extent(0, SIZE)));
        try (RunBench bench = bench(new ScriptedTracking(disk), List.of(), disk)) {
            bench.run("run-1", null, "point-1");
            scribble(disk, random, 20);
            disk.host(() -> scribble(disk, random, random.nextInt(2)));
            bench.freezer.biteEarly(2);

            AgentMessage.TransferFinished finished = bench.run("run-2", "point-1", "point-2");

            assertThat(finished.consistency()).as(finished.consistencyReason()).isEqualTo(Consistency.FILE_SYSTEM);
            assertEqualTruth(bench, "point-2");
        }
    }

    @Test
    void whatIsFreedWithoutAWriteBecomesZeroAndWhatIsAllocatedWithoutOneIsSent() {
        Random random = new Random(6);
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        scribble(disk, random, 300);
        disk.use(ExtentSet.of(new Extent(0, 1 << 20), new Extent(2 << 20, 1 << 20)));
        try (RunBench bench = bench(new ScriptedTracking(disk), List.of(), disk)) {
            bench.run("run-1", null, "point-1");
            disk.use(ExtentSet.of(new Extent(512, 1 << 19), new Extent(4 << 20, 1 << 20)));

            bench.run("run-2", "point-1", "point-2");

            assertEqualTruth(bench, "point-2");
        }
    }

    @Test
    void aRunThatBecameNoPointLosesNoChange() {
        Random random = new Random(7);
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        disk.use(ExtentSet.of(new Extent(0, SIZE)));
        try (RunBench bench = bench(new ScriptedTracking(disk), List.of(), disk)) {
            bench.run("run-1", null, "point-1");
            byte[] before = bench.targets.durable(0).clone();
            scribble(disk, random, 10);
            bench.begin("run-2", false);
            bench.await(AgentMessage.RunBegun.class);
            bench.transfer("run-2", "point-1", 0);
            bench.await(AgentMessage.TransferFinished.class);
            bench.end("run-2", null);
            bench.await(AgentMessage.RunEnded.class);
            bench.targets.put(0, before);
            scribble(disk, random, 10);

            AgentMessage.TransferFinished finished = bench.run("run-3", "point-1", "point-3");

            assertThat(finished.consistencyReason()).contains("Only blocks written since the last point");
            assertEqualTruth(bench, "point-3");
        }
    }

    @Test
    void aBaseThatTheMarksDoNotBelongToIsComparedWhole() {
        Random random = new Random(8);
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        disk.use(ExtentSet.of(new Extent(0, SIZE)));
        try (RunBench bench = bench(new ScriptedTracking(disk), List.of(), disk)) {
            bench.run("run-1", null, "point-1");
            byte[] old = bench.targets.durable(0).clone();
            scribble(disk, random, 20);
            bench.run("run-2", "point-1", "point-2");
            bench.targets.put(0, old);

            AgentMessage.TransferFinished finished = bench.run("run-3", "point-1", "point-3");

            assertThat(finished.consistencyReason()).contains("All used blocks were compared");
            assertEqualTruth(bench, "point-3");
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"PASS_STARTED", "FROZEN"})
    void aDoubtThatComesUpDuringTheRunStartsComparison(String phase) {
        Random random = new Random(9);
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        disk.use(ExtentSet.of(new Extent(0, SIZE)));
        ScriptedTracking tracking = new ScriptedTracking(disk);
        List<RunPhase> seen = new ArrayList<>();
        RunObserver doubter = (reached, run, pass) -> {
            if ("run-2".equals(run) || run == null) {
                seen.add(reached);
            }
            if (reached == RunPhase.valueOf(phase) && "run-2".equals(run)) {
                tracking.doubt("the kernel skipped a program");
                disk.tracker(extent -> {});
            }
        };
        try (RunBench bench = bench(tracking, List.of(doubter), disk)) {
            bench.run("run-1", null, "point-1");
            scribble(disk, random, 20);
            disk.host(() -> scribble(disk, random, random.nextInt(2)));

            AgentMessage.TransferFinished finished = bench.run("run-2", "point-1", "point-2");

            assertThat(finished.consistencyReason())
                    .as("phases %s", seen)
                    .contains("All used blocks were compared")
                    .contains("the kernel skipped a program");
            assertThat(finished.consistency()).isEqualTo(Consistency.FILE_SYSTEM);
            assertEqualTruth(bench, "point-2");
            assertThat(bench.freezer.isFrozen()).isFalse();
        }
    }

    @Test
    void aHostThatCannotTrackComparesAndSaysWhy() {
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        disk.use(ExtentSet.of(new Extent(0, SIZE)));
        ScriptedTracking tracking = new ScriptedTracking(disk);
        tracking.vanish("this kernel has no BTF");
        try (RunBench bench = bench(tracking, List.of(), disk)) {
            AgentMessage.TransferFinished finished = bench.run("run-1", null, "point-1");

            assertThat(finished.consistencyReason()).contains("this kernel has no BTF");
            assertThat(finished.consistency()).isEqualTo(Consistency.FILE_SYSTEM);
            assertEqualTruth(bench, "point-1");
        }
    }

    @Test
    void aDiskThatIsNotMountedAndStillIsReadOnceWhereItChanged() {
        Random random = new Random(10);
        ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE);
        disk.use(ExtentSet.of(new Extent(0, SIZE)));
        scribble(disk, random, 100);
        @Nullable String none = null;
        try (RunBench bench = bench(new ScriptedTracking(disk), List.of(), disk)) {
            bench.run("run-1", none, "point-1");
            disk.write(5 << 20, new byte[] {1});

            AgentMessage.TransferFinished finished = bench.run("run-2", "point-1", "point-2");

            assertThat(finished.consistency()).isEqualTo(Consistency.FILE_SYSTEM);
            assertThat(finished.disks().get(0).scannedBytes()).isEqualTo(RunBench.BLOCK);
            assertThat(Arrays.mismatch(bench.targets.durable(0), disk.normalised()))
                    .isEqualTo(-1);
        }
    }

    @Test
    void aDiskWithoutFileSystemsThatChangedBeforeTheFreezeDoesNotSpoilIt() {
        Random random = new Random(12);
        ScriptedDisk system = new ScriptedDisk("wwn-1", SIZE).mounted(true);
        ScriptedDisk raw = new ScriptedDisk("wwn-2", SIZE);
        system.use(ExtentSet.of(new Extent(0, SIZE)));
        raw.use(ExtentSet.of(new Extent(0, SIZE)));
        try (RunBench bench = bench(new ScriptedTracking(system, raw), List.of(), system, raw)) {
            bench.run("run-1", null, "point-1");
            scribble(system, random, 5);
            scribble(raw, random, 5);

            AgentMessage.TransferFinished finished = bench.run("run-2", "point-1", "point-2");

            assertThat(finished.consistency()).as(finished.consistencyReason()).isEqualTo(Consistency.FILE_SYSTEM);
            assertEqualTruth(bench, "point-2");
        }
    }

    private static void reallocate(ScriptedDisk disk, Random random) {
        List<Extent> extents = new ArrayList<>();
        extents.add(new Extent(0, 4096));
        for (int i = 0; i < 12; i++) {
            int length = 1 + random.nextInt(disk.size() / 10);
            extents.add(new Extent(random.nextInt(disk.size() - length), length));
        }
        disk.use(ExtentSet.of(extents));
    }

    private static void scribble(ScriptedDisk disk, Random random, int times) {
        for (int i = 0; i < times; i++) {
            byte[] bytes = new byte[1 + random.nextInt(random.nextInt(8) == 0 ? 300_000 : 9000)];
            if (random.nextInt(4) != 0) {
                random.nextBytes(bytes);
            }
            disk.write(random.nextInt(disk.size() - bytes.length), bytes);
        }
    }
}
