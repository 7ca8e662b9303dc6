package org.understudy.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.agent.snapshot.SnapshotSource;
import org.understudy.agent.snapshot.TrackedSource;
import org.understudy.agent.testing.MemoryExchange;
import org.understudy.agent.testing.RunBench;
import org.understudy.agent.testing.ScriptedDisk;
import org.understudy.agent.testing.ScriptedTracking;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.protocol.AgentMessage;

/**
 * What a run sent that became no point. The agent relies on the appliance to roll the volume back to the point that it names as base; these tests
 * show why, and what an image looks like where nobody did.
 */
class CutOffRunTest {

    private static final int SIZE = 12 << 20;
    private static final Extent FILE = new Extent(4 << 20, 920 << 10);
    private static final ExtentSet OTHERS = ExtentSet.of(new Extent(0, 1 << 20), new Extent(2 << 20, 1 << 20));
    private static final int UNIT = 4096;

    private final Random random = new Random(20261120);
    private final ScriptedDisk disk = new ScriptedDisk("wwn-1", SIZE).mounted(true);

    @TempDir
    Path directory;

    @BeforeEach
    void fill() {
        disk.use(OTHERS);
        for (Extent extent : OTHERS.extents()) {
            write(extent);
        }
    }

    @ParameterizedTest(name = "tracked: {0}")
    @ValueSource(booleans = {true, false})
    void aVolumeThatIsRolledBackHoldsNothingOfIt(boolean tracked) {
        try (RunBench bench = bench(tracked)) {
            bench.run("run-1", null, "point-1");
            byte[] point = bench.targets.durable(0);
            cutOffAfterSendingAFileThatIsDeletedThen(bench);
            bench.targets.put(0, point);

            bench.run("run-3", "point-1", "point-3");

            assertThat(bench.targets.durable(0)).isEqualTo(disk.normalised());
        }
    }

    @ParameterizedTest(name = "tracked: {0}")
    @ValueSource(booleans = {true, false})
    void aVolumeThatIsNotRolledBackKeepsDataJustWhereTheDiskHasZeros(boolean tracked) {
        try (RunBench bench = bench(tracked)) {
            bench.run("run-1", null, "point-1");
            cutOffAfterSendingAFileThatIsDeletedThen(bench);
            write(new Extent(2 << 20, 40_000));

            bench.run("run-3", "point-1", "point-3");

            byte[] truth = disk.normalised();
            byte[] volume = bench.targets.durable(0);
            int left = 0;
            for (int at = 0; at < SIZE; at += UNIT) {
                boolean differs = false;
                for (int i = at; i < at + UNIT; i++) {
                    differs |= volume[i] != truth[i];
                    assertThat(volume[i] == truth[i] || truth[i] == 0)
                            .as("byte %d is the disk's, or is left where the disk has zeros", i)
                            .isTrue();
                }
                left += differs ? 1 : 0;
            }
            assertThat(left).as("4 KiB that hold data in place of zeros").isEqualTo((int) FILE.length() / UNIT);
        }
    }

    private void cutOffAfterSendingAFileThatIsDeletedThen(RunBench bench) {
        disk.use(OTHERS.union(ExtentSet.of(FILE)));
        write(FILE);
        bench.begin("run-2", false);
        bench.await(AgentMessage.RunBegun.class);
        bench.transfer("run-2", "point-1", 0);
        bench.await(AgentMessage.TransferFinished.class);
        bench.end("run-2", null);
        bench.await(AgentMessage.RunEnded.class);
        disk.use(OTHERS);
    }

    private void write(Extent extent) {
        byte[] bytes = new byte[(int) extent.length()];
        random.nextBytes(bytes);
        disk.write(extent.offset(), bytes);
    }

    private RunBench bench(boolean tracked) {
        ScriptedTracking tracking = new ScriptedTracking(disk);
        return new RunBench(
                directory,
                new MemoryExchange(),
                new RunBench.NoHooks(),
                List.of(),
                comparison -> tracked ? new TrackedSource(tracking, comparison) : (SnapshotSource) comparison,
                disk);
    }
}
