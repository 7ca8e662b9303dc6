package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** Tracking needs nobody, and nobody can disturb it unnoticed. */
@Tag("platform")
class TrackingSurvivesPlatformTest {

    private static final long SIZE = 64L << 20;
    private static final int BLOCK = 64 << 10;

    @TempDir
    Path directory;

    private static Extent block(int number) {
        return new Extent((long) number * BLOCK, BLOCK);
    }

    private static void write(LoopDisk disk, int block) {
        disk.run(
                "dd",
                "if=/dev/urandom",
                "of=" + disk.device(),
                "bs=4k",
                "count=1",
                "seek=" + block * 16,
                "oflag=direct",
                "conv=notrunc",
                "status=none");
    }

    private RunningProcess drainer(PinDirectory pins, LoopDisk disk) {
        return new ProcessCommandRunner()
                .start(
                        Command.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-XX:-UsePerfData",
                                "-Xmx32m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                DrainForever.class.getName(),
                                pins.pins().toString(),
                                disk.device().toString()),
                        directory.resolve("drainer.log"));
    }

    @Test
    void aKilledProcessTakesNoMarkWithItWhereverItWas() throws Exception {
        try (LoopDisk disk = new LoopDisk(directory, SIZE);
                PinDirectory pins = new PinDirectory(directory)) {
            pins.start(disk.device()).close();
            List<Extent> written = new ArrayList<>();
            for (int death = 0; death < 3; death++) {
                RunningProcess drainer = drainer(pins, disk);
                try {
                    int wanted = death + 1;
                    await().atMost(Duration.ofSeconds(60))
                            .until(() -> Files.readString(directory.resolve("drainer.log"))
                                            .lines()
                                            .filter("draining"::equals)
                                            .count()
                                    >= wanted);
                    for (int i = 0; i < 40; i++) {
                        int number = death * 200 + i * 3;
                        write(disk, number);
                        written.add(block(number));
                    }
                    ProcessHandle.of(drainer.pid()).orElseThrow().destroyForcibly();
                    assertThat(drainer.awaitExit(Duration.ofSeconds(20))).isTrue();
                } finally {
                    drainer.close();
                }
                write(disk, death * 200 + 199);
                written.add(block(death * 200 + 199));
            }
            try (Tracker tracker = pins.open(disk.device())) {
                Tracker.Epoch epoch = tracker.epoch();
                assertThat(epoch.doubts()).isEmpty();
                assertThat(epoch.written()).isEqualTo(ExtentSet.of(written));
            }
        }
    }

    @Test
    void whatTheCommandLineDrainsIsStillInTheAgentsNextCut() throws Exception {
        try (LoopDisk disk = new LoopDisk(directory, SIZE);
                PinDirectory pins = new PinDirectory(directory);
                Tracker agent = pins.start(disk.device());
                Tracker commandLine = pins.open(disk.device())) {
            agent.cut();
            write(disk, 5);
            assertThat(commandLine.epoch().written()).isEqualTo(ExtentSet.of(block(5)));
            write(disk, 9);
            assertThat(agent.sinceCut()).isEqualTo(ExtentSet.of(block(5), block(9)));
            commandLine.nextEpoch();

            assertThat(agent.cut()).isEqualTo(ExtentSet.of(block(5), block(9)));
            assertThat(agent.cut()).isEqualTo(ExtentSet.empty());
        }
    }

    @Test
    void otherProgramsOnAllEventsTakeNoMarkAway() throws Exception {
        try (LoopDisk disk = new LoopDisk(directory, 160L << 20);
                PinDirectory pins = new PinDirectory(directory);
                Tracker tracker = pins.start(disk.device());
                Burners burners = new Burners()) {
            MarksAgainstBytes comparison = new MarksAgainstBytes(disk.device(), 160L << 20);
            for (int round = 0; round < 2; round++) {
                new Workload(directory, 77 + round).onDevice(disk.device());
                Tracker.Epoch epoch = tracker.nextEpoch();
                MarksAgainstBytes.Result result = comparison.compare(epoch.written());
                System.err.println("tracked beside " + burners.count() + " other programs: " + result.text());
                assertThat(epoch.doubts()).isEmpty();
                assertThat(result.changed()).isPositive();
                assertThat(result.missed()).isEmpty();
            }
        }
    }

    @Test
    void theCommandLineStartsShowsSwapsAndStops() throws Exception {
        try (LoopDisk disk = new LoopDisk(directory, SIZE);
                PinDirectory pins = new PinDirectory(directory)) {
            String device = disk.device().toString();
            String place = "--pins=" + pins.pins();
            assertThat(AgentCommand.execute("tracker", "extents", device, place))
                    .isEqualTo(1);
            assertThat(AgentCommand.execute("tracker", "start", device, place, "--granularity", "4K"))
                    .isZero();
            assertThat(AgentCommand.execute("tracker", "start", device, place)).isZero();
            assertThat(AgentCommand.execute("tracker", "start", device, place, "--granularity", "1M"))
                    .isEqualTo(1);
            write(disk, 7);
            assertThat(AgentCommand.execute("tracker", "extents", device, place, "--json", "--swap"))
                    .isZero();
            try (Tracker tracker = pins.open(disk.device())) {
                assertThat(tracker.epochNumber()).isEqualTo(2);
                assertThat(tracker.epoch().written()).isEqualTo(ExtentSet.empty());
                assertThat(tracker.sinceBase())
                        .as("the command line takes nothing from the agent")
                        .isEqualTo(ExtentSet.of(new Extent(7L * BLOCK, 4096)));
            }
            assertThat(AgentCommand.execute("tracker", "extents", device, place, "--granularity", "512"))
                    .isEqualTo(1);
            assertThat(AgentCommand.execute("tracker", "status", device, place, "--json"))
                    .isZero();
            assertThat(AgentCommand.execute("tracker", "start", "/dev/null", place))
                    .isEqualTo(1);
            assertThat(AgentCommand.execute("tracker", "start", device, "--pins=" + directory.resolve("nowhere")))
                    .isEqualTo(1);
            assertThat(AgentCommand.execute("selftest", place)).isZero();
            assertThat(AgentCommand.execute("tracker", "stop", device, place)).isZero();
            assertThat(AgentCommand.execute("tracker", "stop", device, place)).isEqualTo(1);
            assertThat(pins.trackers().names()).isEmpty();
        }
    }

    @Test
    void anotherDiskUnderTheSameNameAndAResizedOneAreNoticed() throws Exception {
        try (PinDirectory pins = new PinDirectory(directory)) {
            try (LoopDisk disk = new LoopDisk(directory, SIZE)) {
                pins.start(disk.device()).close();
                disk.run("truncate", "-s", "+1M", disk.backing().toString());
                disk.run("losetup", "--set-capacity", disk.device().toString());
                org.assertj.core.api.Assertions.assertThatThrownBy(
                                () -> pins.open(disk.device()).close())
                        .isInstanceOf(TrackingException.class)
                        .hasMessageContaining("resized");
                pins.start(disk.device()).close();
                disk.run("losetup", "--detach", disk.device().toString());
                disk.run("losetup", disk.device().toString(), disk.backing().toString());
                org.assertj.core.api.Assertions.assertThatThrownBy(
                                () -> pins.open(disk.device()).close())
                        .isInstanceOf(TrackingException.class)
                        .hasMessageContaining("another disk");
                assertThat(pins.trackers().removeStale())
                        .containsExactly(disk.device().getFileName().toString());
            }
        }
    }

    @Test
    void aLostPinIsNoticed() throws Exception {
        try (LoopDisk disk = new LoopDisk(directory, SIZE);
                PinDirectory pins = new PinDirectory(directory)) {
            pins.start(disk.device()).close();
            Files.delete(pins.pins().resolve(disk.device().getFileName()).resolve("complete_link"));
            org.assertj.core.api.Assertions.assertThatThrownBy(
                            () -> pins.open(disk.device()).close())
                    .isInstanceOf(TrackingException.class)
                    .hasMessageContaining("complete_link");
        }
    }

    /**
     * The regression test for marking on completion. The file system below the loop device is frozen, so that a write hangs between
     * submission and completion while the epoch is drained: what a copy reads then is old, and the next epoch must name the block.
     */
    @Test
    void aWriteInFlightDuringADrainIsInTheNextEpochToo() throws Exception {
        try (LoopDisk below = new LoopDisk(directory, "below.img", SIZE)) {
            below.format("ext4", below.device());
            Path mountPoint = directory.resolve("below");
            below.mount(below.device(), mountPoint);
            try (LoopDisk disk = new LoopDisk(mountPoint, 16L << 20)) {
                disk.run(
                        "dd",
                        "if=/dev/zero",
                        "of=" + disk.device(),
                        "bs=1M",
                        "count=16",
                        "oflag=direct",
                        "status=none");
                try (PinDirectory pins = new PinDirectory(directory);
                        Tracker tracker = pins.start(disk.device())) {
                    int mount = MountHandle.openDirectory(mountPoint.toString());
                    Thread writer = new Thread(() -> write(disk, 21), "writer");
                    ExtentSet during;
                    try {
                        MountHandle.freeze(mount);
                        writer.start();
                        await().atMost(Duration.ofSeconds(30))
                                .until(() -> tracker.figures().queueMarks() > 0);
                        during = tracker.drain();
                        assertThat(tracker.figures().completeMarks()).isZero();
                    } finally {
                        MountHandle.thaw(mount);
                        LibC.close(mount);
                    }
                    writer.join(30_000);
                    assertThat(writer.isAlive()).isFalse();
                    ExtentSet after = tracker.drain();
                    assertThat(during).isEqualTo(ExtentSet.of(block(21)));
                    assertThat(after).isEqualTo(ExtentSet.of(block(21)));
                }
            }
        }
    }
}
