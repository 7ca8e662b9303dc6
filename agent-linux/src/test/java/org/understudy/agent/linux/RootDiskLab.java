package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.extent.Extent;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;

/** The disk that this machine, the agent and its state live on. What the last test leaves is for {@link RebootedLab}. */
@Tag("kernels-root")
class RootDiskLab {

    private static final long SEED = Long.getLong("understudy.tracking.seed", 20261120);
    private static final Path LOAD = Path.of("/var/tmp/load");

    @Test
    void everyChangedBlockOfTheRootDiskIsMarked(TestReporter reporter) throws Exception {
        Path disk = RootDisk.device();
        Path directory = LabMachine.scratch("root-marks");
        Files.createDirectories(LOAD);
        try (PinDirectory pins = new PinDirectory(directory);
                Tracker tracker = pins.start(disk);
                StandStill stand = new StandStill(disk.getFileName().toString(), directory);
                DirectDiskReader reader = DirectDiskReader.open(disk)) {
            BlockSums before = stand.during(() -> {
                tracker.nextEpoch();
                return BlockSums.of(reader);
            });
            new Workload(directory, SEED).onFiles(LOAD, false);
            boolean[] marks = new boolean[before.blocks()];
            BlockSums after = stand.during(() -> {
                Tracker.Epoch epoch = tracker.epoch();
                assertThat(epoch.doubts()).isEmpty();
                for (Extent extent : epoch.written().extents()) {
                    for (long at = extent.offset(); at < extent.end(); at += BlockSums.BLOCK) {
                        marks[(int) (at / BlockSums.BLOCK)] = true;
                    }
                }
                return BlockSums.of(reader);
            });
            int changed = 0;
            int missed = 0;
            int marked = 0;
            for (int block = 0; block < marks.length; block++) {
                boolean differs = after.differs(block, before);
                changed += differs ? 1 : 0;
                marked += marks[block] ? 1 : 0;
                missed += differs && !marks[block] ? 1 : 0;
            }
            reporter.publishEntry(LabMachine.figures(
                    "disk", disk,
                    "form", tracker.figures().form(),
                    "rounds", 1,
                    "changed", changed,
                    "marked", marked,
                    "missed", missed,
                    "falsePositives", marked - changed + missed));
            assertThat(changed).isPositive();
            assertThat(missed).as("blocks that changed without a mark").isZero();
        }
    }

    @Test
    void imagesOfTheRunningRootDiskAreTheDiskAtTheInstantOfTheFreeze(TestReporter reporter) throws Exception {
        Path disk = RootDisk.device();
        Files.createDirectories(LOAD);
        FrozenTruth truth = new FrozenTruth(disk, RootDisk.truth());
        try (FileTargetBench bench =
                        new FileTargetBench(RootDisk.STATE, disk, RootDisk.volume(), LabMachine.PINS, truth);
                FileWriters writers = new FileWriters(SEED, LOAD)) {
            String base = null;
            for (String point : new String[] {"root-full", RootDisk.LAST_POINT}) {
                long before = writers.writes();
                await().atMost(Duration.ofSeconds(120)).until(() -> writers.writes() > before + 30);

                AgentMessage.TransferFinished finished = bench.run(base, point);

                FrozenTruth.Differences different = truth.differences(RootDisk.volume());
                LabMachine.publish(reporter, point, finished, truth, different);
                assertThat(finished.consistency())
                        .as(finished.consistencyReason())
                        .isEqualTo(Consistency.FILE_SYSTEM);
                assertThat(finished.consistencyReason())
                        .contains(
                                base == null
                                        ? "there is no point yet to compare with"
                                        : "Only blocks written since the last point were read");
                assertThat(different.total())
                        .as("4 KiB that differ: %s", different)
                        .isZero();
                base = point;
            }
        }
        RootDisk.keepLastPoint();
        new ProcessCommandRunner()
                .run(Command.of("sh", "-c", "head -c 3M /dev/urandom > /var/tmp/after-the-last-point && sync"))
                .orThrow();
    }
}
