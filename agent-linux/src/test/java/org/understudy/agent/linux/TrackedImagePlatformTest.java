package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.usedspace.MetadataState;
import org.understudy.agent.usedspace.UsedSpace;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.extent.Extent;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;

/** Images made from what was tracked equal the frozen disk, while it is written all the time. */
@Tag("platform")
class TrackedImagePlatformTest {

    private static final long SIZE = 320L << 20;
    private static final int ROUNDS = Integer.getInteger("understudy.tracking.images", 4);

    @TempDir
    Path directory;

    private volatile long copyNanos;

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void eachImageIsTheDiskAtTheInstantOfTheFreeze(String fileSystem) throws Exception {
        Path truth = directory.resolve("truth.img");
        try (LoopDisk disk = new LoopDisk(directory, SIZE);
                PinDirectory pins = new PinDirectory(directory)) {
            Path mountPoint = directory.resolve("mounted here");
            disk.format(fileSystem, disk.device());
            disk.mount(disk.device(), mountPoint);
            disk.run("sh", "-c", "head -c 60M /dev/urandom > '" + mountPoint + "/still' && sync");
            try (LiveDiskBench bench = new LiveDiskBench(
                            directory, disk.device(), SIZE, pins.pins(), copyWhileFrozen(disk.backing(), truth));
                    AutoCloseable load = load(mountPoint);
                    FileWriters writers = new FileWriters(31, mountPoint, mountPoint)) {
                String base = null;
                for (int round = 0; round < ROUNDS; round++) {
                    long before = writers.writes();
                    await().atMost(Duration.ofSeconds(60)).until(() -> writers.writes() > before + 60);

                    AgentMessage.TransferFinished finished = bench.run("run-" + round, base, "point-" + round, 60_000);

                    report(fileSystem, round, finished);
                    assertThat(finished.consistency())
                            .as(finished.consistencyReason())
                            .isEqualTo(Consistency.FILE_SYSTEM);
                    assertThat(finished.consistencyReason())
                            .contains(
                                    round == 0
                                            ? "there is no point yet to compare with"
                                            : "Only blocks written since the last point were read");
                    assertEqualOverUsedSpace(truth, bench.volume());
                    AgentMessage.DiskTransfer moved = finished.disks().get(0);
                    if (round > 0) {
                        assertThat(moved.scannedBytes()).isLessThan(moved.usedBytes());
                    }
                    base = "point-" + round;
                }
            }
        }
    }

    @Test
    void whatIsWrittenWhileTrackingWasStoppedIsFoundByComparisonAndTheReasonIsSaid() throws Exception {
        Path truth = directory.resolve("truth.img");
        try (LoopDisk disk = new LoopDisk(directory, SIZE);
                PinDirectory pins = new PinDirectory(directory)) {
            Path mountPoint = directory.resolve("mnt");
            disk.format("ext4", disk.device());
            disk.mount(disk.device(), mountPoint);
            disk.run("sh", "-c", "head -c 30M /dev/urandom > '" + mountPoint + "/still' && sync");
            try (LiveDiskBench bench = new LiveDiskBench(
                    directory, disk.device(), SIZE, pins.pins(), copyWhileFrozen(disk.backing(), truth))) {
                bench.run("run-1", null, "point-1", 60_000);
                assertThat(pins.trackers().stop(disk.device().getFileName().toString()))
                        .isTrue();
                disk.run("sh", "-c", "head -c 3M /dev/urandom > '" + mountPoint + "/unseen' && sync");

                AgentMessage.TransferFinished second = bench.run("run-2", "point-1", "point-2", 60_000);

                assertThat(second.consistencyReason()).contains("tracking was stopped since the last point");
                assertEqualOverUsedSpace(truth, bench.volume());

                disk.run("sh", "-c", "head -c 1M /dev/urandom > '" + mountPoint + "/seen' && sync");
                AgentMessage.TransferFinished third = bench.run("run-3", "point-2", "point-3", 60_000);

                assertThat(third.consistencyReason()).contains("Only blocks written");
                assertEqualOverUsedSpace(truth, bench.volume());
                assertThat(third.disks().get(0).scannedBytes())
                        .as("read for 1 MiB of changes")
                        .isLessThan(8 << 20);
                assertThat(third.disks().get(0).sentBytes())
                        .as("each changed block is sent once")
                        .isLessThanOrEqualTo(third.disks().get(0).changedBytes());
            }
        }
    }

    /** {@code -Dunderstudy.tracking.rate=20} adds so many MB/s of random 4 KiB writes by fio. */
    private AutoCloseable load(Path mountPoint) {
        int rate = Integer.getInteger("understudy.tracking.rate", 0);
        if (rate == 0 || !Workload.HAS_FIO) {
            return () -> {};
        }
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
                                "--size=96M",
                                "--rate=" + rate + "m",
                                "--time_based",
                                "--runtime=600",
                                "--refill_buffers",
                                "--filename=" + mountPoint.resolve("load")),
                        directory.resolve("fio.log"));
        return () -> {
            fio.close();
            assertThat(fio.awaitExit(Duration.ofSeconds(30))).isTrue();
        };
    }

    private void report(String what, int round, AgentMessage.TransferFinished finished) {
        AgentMessage.DiskTransfer moved = finished.disks().get(0);
        System.err.println("tracked image of " + what + " round " + round + ": used " + (moved.usedBytes() >> 10)
                + " KiB, read " + (moved.scannedBytes() >> 10) + " KiB, changed " + (moved.changedBytes() >> 10)
                + " KiB, sent " + (moved.sentBytes() >> 10) + " KiB, frozen "
                + (finished.frozenMillis() - copyNanos / 1_000_000)
                + " ms besides the test's own copy");
    }

    private RunObserver copyWhileFrozen(Path from, Path to) {
        return (phase, run, pass) -> {
            if (phase == RunPhase.FROZEN) {
                long started = System.nanoTime();
                try {
                    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
                    copyNanos = System.nanoTime() - started;
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    private static void assertEqualOverUsedSpace(Path truth, byte[] volume) throws IOException {
        try (ImageFile image = new ImageFile(truth)) {
            byte[] expected = new byte[volume.length];
            for (Extent extent : UsedSpace.of(image, MetadataState.SETTLED)
                    .used()
                    .alignedTo(512, image.sizeBytes())
                    .extents()) {
                image.read(extent.offset(), ByteBuffer.wrap(expected, (int) extent.offset(), (int) extent.length()));
            }
            assertThat(Arrays.mismatch(expected, volume))
                    .as("first byte that differs")
                    .isEqualTo(-1);
        }
    }
}
