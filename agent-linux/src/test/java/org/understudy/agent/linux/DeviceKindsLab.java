package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.TrackerFigures;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;

/** On every kind of device: no changed block without a mark, and live images that are the device at the instant of the freeze. */
@Tag("kernels")
class DeviceKindsLab {

    private static final int ROUNDS = Integer.getInteger("understudy.tracking.rounds", 2);
    private static final long SEED = Long.getLong("understudy.tracking.seed", 20261120);

    @ParameterizedTest
    @EnumSource(MadeDevice.Kind.class)
    void everyChangedBlockIsMarked(MadeDevice.Kind kind, TestReporter reporter) throws Exception {
        LabMachine.assumeWanted(kind);
        Path directory = LabMachine.scratch("marks-" + kind);
        try (MadeDevice made = MadeDevice.of(kind);
                PinDirectory pins = new PinDirectory(directory);
                Tracker tracker = pins.start(made.device())) {
            Path mountPoint = directory.resolve("mnt");
            made.mount(mountPoint);
            try (StandStill stand = new StandStill(made.diskName(), directory)) {
                MarksAgainstBytes comparison = stand.during(() -> {
                    tracker.nextEpoch();
                    return new MarksAgainstBytes(made.device(), tracker.device().sizeBytes());
                });
                int changed = 0;
                int marked = 0;
                int missed = 0;
                int falsePositives = 0;
                String doubts = "";
                for (int round = 0; round < ROUNDS; round++) {
                    new Workload(directory, SEED + round).onFiles(mountPoint, round == ROUNDS - 1);
                    MarksAgainstBytes.Result result = stand.during(() -> {
                        Tracker.Epoch epoch = tracker.nextEpoch();
                        assertThat(epoch.doubts()).isEmpty();
                        return comparison.compare(epoch.written());
                    });
                    changed += result.changed();
                    marked += result.marked();
                    missed += result.missed().size();
                    falsePositives += result.falsePositives();
                    doubts += String.join("; ", tracker.doubtsOfEpoch());
                }
                TrackerFigures figures = tracker.figures();
                reporter.publishEntry(LabMachine.figures(
                        "kind",
                        kind,
                        "driven",
                        tracker.device().requestBased() ? "requests" : "bios",
                        "form",
                        figures.form(),
                        "rounds",
                        ROUNDS,
                        "changed",
                        changed,
                        "marked",
                        marked,
                        "missed",
                        missed,
                        "falsePositives",
                        falsePositives,
                        "doubts",
                        doubts,
                        "verifiedInstructions",
                        figures.queueVerified() + "/" + figures.completeVerified(),
                        "misses",
                        figures.queueMisses() + "/" + figures.completeMisses(),
                        "takenInFlight",
                        figures.takenInFlight(),
                        "reused",
                        figures.reused(),
                        "unkeyed",
                        figures.unkeyed(),
                        "overflow",
                        figures.overflow()));
                assertThat(changed).isPositive();
                assertThat(missed).as("blocks that changed without a mark").isZero();
                assertThat(figures.completeMarks()).as("marks on completion").isPositive();
                assertThat(doubts).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(MadeDevice.Kind.class)
    void anImageUnderLoadIsTheDiskAtTheInstantOfTheFreeze(MadeDevice.Kind kind, TestReporter reporter)
            throws Exception {
        LabMachine.assumeWanted(kind);
        Path directory = LabMachine.scratch("image-" + kind);
        Path volume = directory.resolve("volume.img");
        try (MadeDevice made = MadeDevice.of(kind);
                PinDirectory pins = new PinDirectory(directory)) {
            Path mountPoint = directory.resolve("mnt");
            made.mount(mountPoint);
            made.run("sh", "-c", "head -c 24M /dev/urandom > " + mountPoint + "/still && sync");
            FrozenTruth truth = new FrozenTruth(made.disk(), directory.resolve("truth.img"));
            try (FileTargetBench bench =
                            new FileTargetBench(directory.resolve("state"), made.disk(), volume, pins.pins(), truth);
                    AutoCloseable load = load(mountPoint, directory);
                    FileWriters writers = new FileWriters(SEED, mountPoint)) {
                String base = null;
                for (String point : new String[] {"full", "tracked"}) {
                    long before = writers.writes();
                    await().atMost(Duration.ofSeconds(120)).until(() -> writers.writes() > before + 30);

                    AgentMessage.TransferFinished finished = bench.run(base, point);

                    FrozenTruth.Differences different = truth.differences(volume);
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
        } finally {
            Files.deleteIfExists(volume);
            Files.deleteIfExists(directory.resolve("truth.img"));
        }
    }

    private static AutoCloseable load(Path mountPoint, Path logs) {
        RunningProcess fio = new ProcessCommandRunner()
                .start(
                        Command.of(
                                "fio",
                                "--name=load",
                                "--ioengine=libaio",
                                "--direct=1",
                                "--rw=randwrite",
                                "--bs=4k",
                                "--iodepth=16",
                                "--size=16M",
                                "--rate=4m",
                                "--time_based",
                                "--runtime=600",
                                "--refill_buffers",
                                "--filename=" + mountPoint.resolve("load")),
                        logs.resolve("fio-load.log"));
        return () -> {
            fio.close();
            assertThat(fio.awaitExit(Duration.ofSeconds(60))).isTrue();
        };
    }
}
