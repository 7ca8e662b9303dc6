package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.core.extent.ExtentSet;

/**
 * No block that changes goes without a mark, whoever writes it in whatever way. {@code -Dunderstudy.tracking.rounds=20} makes it thorough; a
 * line for each round says what was found.
 */
@Tag("platform")
class TrackedWorkloadPlatformTest {

    private static final long SIZE = 320L << 20;
    private static final int ROUNDS = Integer.getInteger("understudy.tracking.rounds", 2);
    private static final long SEED = Long.getLong("understudy.tracking.seed", 20261120);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void everyChangedBlockOfAFileSystemIsMarked(String fileSystem) throws Exception {
        try (LoopDisk disk = new LoopDisk(directory, SIZE);
                PinDirectory pins = new PinDirectory(directory);
                Tracker tracker = pins.start(disk.device())) {
            disk.format(fileSystem, disk.device());
            Path mountPoint = directory.resolve("mounted here");
            disk.mount(disk.device(), mountPoint);
            rounds(fileSystem, tracker, disk.device(), SIZE, mountPoint);
        }
    }

    @Test
    void everyChangedBlockOfAPartitionIsMarkedAndNoneOfItsNeighbour() throws Exception {
        long start = 33L << 20;
        long size = 200L << 20;
        try (LoopDisk disk = new LoopDisk(directory, SIZE)) {
            Path neighbour = disk.partitionNode(disk.addPartition(1, 1L << 20, 32L << 20));
            Path partition = disk.partitionNode(disk.addPartition(2, start, size));
            try (PinDirectory pins = new PinDirectory(directory);
                    Tracker tracker = pins.start(partition);
                    Tracker whole = pins.start(disk.device())) {
                assertThat(tracker.device().startSector()).isEqualTo(start / 512);
                disk.run("mkfs.ext4", "-q", "-F", neighbour.toString());
                disk.run(
                        "dd", "if=/dev/urandom", "of=" + neighbour, "bs=1M", "count=32", "oflag=direct", "status=none");
                assertThat(tracker.epoch().written())
                        .as("marks from the neighbour")
                        .isEqualTo(ExtentSet.empty());
                disk.format("ext4", partition);
                Path mountPoint = directory.resolve("mnt");
                disk.mount(partition, mountPoint);
                rounds("partition", tracker, partition, size, mountPoint);
                assertThat(whole.epoch()
                                .written()
                                .intersect(tracker.epoch().written().shifted(start))
                                .totalBytes())
                        .as("what the tracker of the whole disk shares with that of the partition")
                        .isEqualTo(tracker.epoch().written().totalBytes());
            }
        }
    }

    @Test
    void everyChangedBlockOfARawDeviceIsMarked() throws Exception {
        long size = 160L << 20;
        try (LoopDisk disk = new LoopDisk(directory, size);
                PinDirectory pins = new PinDirectory(directory);
                Tracker tracker = pins.start(disk.device())) {
            MarksAgainstBytes comparison = new MarksAgainstBytes(disk.device(), size);
            for (int round = 0; round < ROUNDS; round++) {
                new Workload(directory, SEED + round).onDevice(disk.device());
                check("raw", round, tracker, comparison);
            }
        }
    }

    /** Driven by bios instead of requests, as device mapper and md are, so that the remembered ranges are used. */
    @Test
    void everyChangedBlockOfABioBasedDeviceIsMarked() throws Exception {
        Path control = Path.of("/sys/class/zram-control/hot_add");
        Assumptions.assumeTrue(Files.isReadable(control), "this kernel has no zram, which stands in for device mapper");
        long size = 320L << 20;
        String number = Files.readString(control).strip();
        Path device = Path.of("/dev/zram" + number);
        Files.writeString(Path.of("/sys/block/zram" + number + "/disksize"), Long.toString(size));
        try (LoopDisk commands = new LoopDisk(directory, 1 << 20);
                PinDirectory pins = new PinDirectory(directory)) {
            if (!Files.exists(device)) {
                String[] id = Files.readString(Path.of("/sys/block/zram" + number + "/dev"))
                        .strip()
                        .split(":", -1);
                commands.run("mknod", device.toString(), "b", id[0], id[1]);
            }
            try (Tracker tracker = pins.start(device)) {
                assertThat(tracker.device().requestBased()).isFalse();
                commands.format("ext4", device);
                Path mountPoint = directory.resolve("mnt");
                commands.mount(device, mountPoint);
                rounds("zram", tracker, device, size, mountPoint);
                assertThat(tracker.figures().unkeyed()).isZero();
                assertThat(tracker.figures().completeMarks()).isPositive();
            }
        } finally {
            Files.writeString(Path.of("/sys/block/zram" + number + "/reset"), "1");
            Files.writeString(Path.of("/sys/class/zram-control/hot_remove"), number);
        }
    }

    private void rounds(String what, Tracker tracker, Path device, long size, Path mountPoint) throws Exception {
        int mount = MountHandle.openDirectory(mountPoint.toString());
        try {
            assertThat(MountHandle.freeze(mount)).isTrue();
            MarksAgainstBytes comparison;
            try {
                tracker.nextEpoch();
                comparison = new MarksAgainstBytes(device, size);
            } finally {
                MountHandle.thaw(mount);
            }
            for (int round = 0; round < ROUNDS; round++) {
                new Workload(directory, SEED + round).onFiles(mountPoint, round % 2 == 1);
                MountHandle.freeze(mount);
                try {
                    check(what, round, tracker, comparison);
                } finally {
                    MountHandle.thaw(mount);
                }
            }
        } finally {
            LibC.close(mount);
        }
    }

    /** What was written last is still marked in the epoch, so that a test can ask again. */
    private static void check(String what, int round, Tracker tracker, MarksAgainstBytes comparison)
            throws IOException, TrackingException {
        Tracker.Epoch epoch = round == ROUNDS - 1 ? tracker.epoch() : tracker.nextEpoch();
        MarksAgainstBytes.Result result = comparison.compare(epoch.written());
        System.err.println("tracked " + what + " round " + round + " seed " + (SEED + round) + ": " + result.text());
        assertThat(epoch.doubts()).isEmpty();
        assertThat(result.changed()).isPositive();
        assertThat(result.missed()).as("blocks that changed without a mark").isEmpty();
    }
}
