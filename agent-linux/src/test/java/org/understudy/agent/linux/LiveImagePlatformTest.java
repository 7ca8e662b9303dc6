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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.usedspace.MetadataState;
import org.understudy.agent.usedspace.UsedSpace;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;

/** Images of file systems that are written all the time, through the real freezer and a real iSCSI session. */
@Tag("platform")
class LiveImagePlatformTest {

    private static final long SIZE = 320L << 20;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void eachImageIsTheDiskAtTheInstantOfTheFreeze(String fileSystem) throws IOException {
        Path truth = directory.resolve("truth.img");
        try (LoopDisk disk = new LoopDisk(directory, SIZE)) {
            Path mountPoint = directory.resolve("mounted here");
            disk.format(fileSystem, disk.device());
            disk.mount(disk.device(), mountPoint);
            try (LiveDiskBench bench =
                            new LiveDiskBench(directory, disk.device(), SIZE, copyWhileFrozen(disk.backing(), truth));
                    FileWriters writers = new FileWriters(17, mountPoint, mountPoint)) {
                String base = null;
                for (int round = 0; round < 3; round++) {
                    long before = writers.writes();
                    await().atMost(Duration.ofSeconds(30)).until(() -> writers.writes() > before + 100);

                    AgentMessage.TransferFinished finished = bench.run("run-" + round, base, "point-" + round, 60_000);

                    assertThat(finished.consistency())
                            .as(finished.consistencyReason())
                            .isEqualTo(Consistency.FILE_SYSTEM);
                    assertThat(finished.frozenMillis()).isPositive();
                    assertEqualOverUsedSpace(truth, bench.volume());
                    base = "point-" + round;
                }
                Path image = bench.dump(directory.resolve("image.img"));
                assertThat(FileSystemCheck.of(disk, fileSystem, image))
                        .as("file-system check")
                        .isZero();
            }
        }
    }

    @Test
    void fileSystemsOnPartitionsOfOneDiskAreFrozenTogether() throws IOException {
        Path truth = directory.resolve("truth.img");
        try (LoopDisk disk = new LoopDisk(directory, SIZE)) {
            disk.run("sh", "-c", "printf 'label: gpt\\nsize=100M\\nsize=150M\\n' | sfdisk -q " + disk.device());
            long first = 1L << 20;
            Path boot = disk.partitionNode(disk.addPartition(1, first, 100L << 20));
            Path root = disk.partitionNode(disk.addPartition(2, first + (100L << 20), 150L << 20));
            disk.format("ext4", root);
            disk.format("ext4", boot);
            Path mountPoint = directory.resolve("root");
            disk.mount(root, mountPoint);
            disk.mount(boot, mountPoint.resolve("boot"));
            try (LiveDiskBench bench =
                            new LiveDiskBench(directory, disk.device(), SIZE, copyWhileFrozen(disk.backing(), truth));
                    FileWriters writers = new FileWriters(23, mountPoint, mountPoint.resolve("boot"))) {
                assertThat(bench.host.describe().disks().get(0).partitions())
                        .extracting("fileSystem", "mountPoint")
                        .containsExactly(
                                org.assertj.core.groups.Tuple.tuple(
                                        "ext4", mountPoint.resolve("boot").toString()),
                                org.assertj.core.groups.Tuple.tuple("ext4", mountPoint.toString()));
                await().atMost(Duration.ofSeconds(30)).until(() -> writers.writes() > 100);

                AgentMessage.TransferFinished finished = bench.run("run-1", null, "point-1", 60_000);

                assertThat(finished.consistency())
                        .as(finished.consistencyReason())
                        .isEqualTo(Consistency.FILE_SYSTEM);
                assertEqualOverUsedSpace(truth, bench.volume());
                long used = finished.disks().get(0).usedBytes();
                assertThat(finished.disks().get(0).sentBytes()).isLessThan(used * 3 / 2);
            }
        }
    }

    @Test
    void anUnmountedDiskCostsUsedSpaceAtFirstAndChangedBlocksLater() throws IOException {
        try (LoopDisk disk = new LoopDisk(directory, SIZE)) {
            disk.format("ext4", disk.device());
            Path mountPoint = directory.resolve("mnt");
            disk.run(
                    "sh",
                    "-c",
                    "mkdir " + mountPoint + " && mount " + disk.device() + " " + mountPoint
                            + " && head -c 20M /dev/urandom > " + mountPoint + "/big && umount " + mountPoint);
            try (LiveDiskBench bench = new LiveDiskBench(directory, disk.device(), SIZE, (phase, run, pass) -> {})) {
                AgentMessage.TransferFinished first = bench.run("run-1", null, "point-1", 5000);
                assertThat(first.consistency()).isEqualTo(Consistency.FILE_SYSTEM);
                assertThat(first.disks().get(0).sentBytes())
                        .isBetween(20L << 20, first.disks().get(0).usedBytes() * 102 / 100);
                assertEqualOverUsedSpace(disk.backing(), bench.volume());

                disk.run(
                        "sh",
                        "-c",
                        "mount " + disk.device() + " " + mountPoint + " && echo new > " + mountPoint + "/note && rm "
                                + mountPoint + "/big && umount " + mountPoint);
                AgentMessage.TransferFinished second = bench.run("run-2", "point-1", "point-2", 5000);

                AgentMessage.DiskTransfer moved = second.disks().get(0);
                assertThat(moved.sentBytes())
                        .isLessThanOrEqualTo(moved.changedBytes())
                        .isLessThan(4 << 20);
                assertThat(moved.unmappedBytes()).isGreaterThan(19L << 20);
                assertEqualOverUsedSpace(disk.backing(), bench.volume());
            }
        }
    }

    private static org.understudy.agent.control.RunObserver copyWhileFrozen(Path from, Path to) {
        return (phase, run, pass) -> {
            if (phase == RunPhase.FROZEN) {
                try {
                    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    /** The volume has the truth's bytes over the truth's used space, and zeros elsewhere. */
    private static void assertEqualOverUsedSpace(Path truth, byte[] volume) throws IOException {
        try (ImageFile image = new ImageFile(truth)) {
            ExtentSet used = UsedSpace.of(image, MetadataState.SETTLED).used().alignedTo(512, image.sizeBytes());
            byte[] expected = new byte[volume.length];
            for (Extent extent : used.extents()) {
                image.read(extent.offset(), ByteBuffer.wrap(expected, (int) extent.offset(), (int) extent.length()));
            }
            @Nullable Integer mismatch = java.util.Arrays.mismatch(expected, volume);
            assertThat(mismatch).as("first byte that differs").isEqualTo(-1);
            assertThat(used.totalBytes()).as("used space is mapped").isLessThan(image.sizeBytes() * 9 / 10);
        }
    }
}
