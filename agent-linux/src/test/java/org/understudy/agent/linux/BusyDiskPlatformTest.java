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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.usedspace.MetadataState;
import org.understudy.agent.usedspace.UsedSpace;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.extent.Extent;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;

/**
 * Images of a disk that is written at random all the time are one instant, and making them holds nobody up for long. In turns an image
 * under the usual limit, whose freezes count, and one with a limit that leaves this test the time to copy the disk while it is frozen. {@code
 * -Dunderstudy.busy.images=12 -Dunderstudy.busy.rates=20,40} makes it thorough.
 */
@Tag("platform")
class BusyDiskPlatformTest {

    private static final long SIZE = 320L << 20;

    /** Small ones run full: what is written over and over leaves chunks of the disk that are nearly empty. */
    private static final long BTRFS_SIZE = 1L << 30;

    private static final int LIMIT_MILLIS = 500;
    private static final int IMAGES = Integer.getInteger("understudy.busy.images", 2);
    private static final String RATES = System.getProperty("understudy.busy.rates", "20");
    private static final String FILE_SYSTEMS = System.getProperty("understudy.busy.file-systems", "ext4,xfs,btrfs");

    @TempDir
    Path directory;

    private final List<Double> freezes = new ArrayList<>();
    private final List<Double> pauses = new ArrayList<>();
    private boolean copying;

    static Stream<Arguments> loads() {
        return Stream.of(RATES.split(",", -1))
                .flatMap(rate -> Stream.of(FILE_SYSTEMS.split(",", -1))
                        .map(fileSystem -> Arguments.of(fileSystem, Integer.parseInt(rate))));
    }

    @ParameterizedTest(name = "{0} at {1} MB/s")
    @MethodSource("loads")
    void imagesAreOneInstantAndHoldNobodyUp(String fileSystem, int rate) throws Exception {
        Assumptions.assumeTrue(Workload.HAS_FIO, "fio makes the load");
        Path truth = directory.resolve("truth.img");
        long size = fileSystem.equals("btrfs") ? BTRFS_SIZE : SIZE;
        try (LoopDisk disk = new LoopDisk(directory, size);
                PinDirectory pins = new PinDirectory(directory)) {
            Path mountPoint = directory.resolve("mnt");
            disk.format(fileSystem, disk.device());
            disk.mount(disk.device(), mountPoint);
            disk.run("sh", "-c", "head -c 40M /dev/urandom > '" + mountPoint + "/still' && sync");
            List<LiveDiskBench> benches = new ArrayList<>(1);
            try (LiveDiskBench bench =
                            new LiveDiskBench(directory, disk.device(), size, pins.pins(), (phase, run, pass) -> {
                                if (phase == RunPhase.FROZEN && copying) {
                                    copy(disk.backing(), truth, benches.get(0).timed);
                                }
                            });
                    RunningProcess load = load(mountPoint, rate);
                    PauseProbe probe = new PauseProbe(mountPoint);
                    FileWriters writers = new FileWriters(31, mountPoint)) {
                benches.add(bench);
                await().atMost(Duration.ofSeconds(60)).until(() -> isFilled(mountPoint.resolve("load")));
                bench.run("run-first", null, "point-first", 60_000);
                String base = "point-first";
                for (int image = 0; image < 2 * IMAGES; image++) {
                    copying = image % 2 == 1;
                    long before = writers.writes();
                    await().atMost(Duration.ofSeconds(60)).until(() -> writers.writes() > before + 100);
                    int frozenBefore = bench.timed.millis().size();
                    probe.takeWorstMillis();
                    assertThat(load.isAlive()).as("fio writes").isTrue();

                    AgentMessage.TransferFinished finished =
                            bench.run("run-" + image, base, "point-" + image, copying ? 60_000 : LIMIT_MILLIS);

                    List<Double> frozen = bench.timed.millis();
                    report(fileSystem, rate, finished, frozen.subList(frozenBefore, frozen.size()), probe);
                    assertThat(finished.consistency())
                            .as(finished.consistencyReason())
                            .isEqualTo(Consistency.FILE_SYSTEM);
                    assertThat(finished.consistencyReason()).contains("Only blocks written since the last point");
                    if (!copying) {
                        assertThat(frozen.subList(frozenBefore, frozen.size()))
                                .as("milliseconds of freezes, which the watchdog would end")
                                .allSatisfy(millis -> assertThat(millis).isLessThan(LIMIT_MILLIS + 1000));
                    } else {
                        assertEqualOverUsedSpace(truth, bench.volume());
                    }
                    Path dumped = bench.dump(directory.resolve("image.img"));
                    assertThat(FileSystemCheck.of(disk, fileSystem, dumped))
                            .as("file-system check")
                            .isZero();
                    base = "point-" + image;
                }
            }
            summary(fileSystem, rate);
        }
    }

    private RunningProcess load(Path mountPoint, int rate) {
        return new ProcessCommandRunner()
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
                                "--runtime=3600",
                                "--norandommap",
                                "--refill_buffers",
                                "--filename=" + mountPoint.resolve("load")),
                        directory.resolve("fio.log"));
    }

    private static boolean isFilled(Path file) throws IOException {
        return Files.exists(file) && Files.size(file) == 96L << 20;
    }

    private void copy(Path from, Path to, TimedFreezer timed) {
        long started = System.nanoTime();
        try {
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        timed.exclude(System.nanoTime() - started);
    }

    private void report(
            String what, int rate, AgentMessage.TransferFinished finished, List<Double> frozen, PauseProbe probe) {
        AgentMessage.DiskTransfer moved = finished.disks().get(0);
        double pause = probe.takeWorstMillis();
        freezes.addAll(frozen);
        if (!copying) {
            pauses.add(pause);
        }
        System.err.printf(
                Locale.ROOT,
                "busy %s at %d MB/s: read %d KiB, changed %d KiB, sent %d KiB, frozen %s ms%s%n",
                what,
                rate,
                moved.scannedBytes() >> 10,
                moved.changedBytes() >> 10,
                moved.sentBytes() >> 10,
                frozen.stream().map(Math::round).toList(),
                copying ? " besides the test's own copy" : ", worst write " + Math.round(pause) + " ms");
    }

    private void summary(String what, int rate) {
        double[] sorted =
                freezes.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        System.err.printf(
                Locale.ROOT,
                "busy %s at %d MB/s: %d images equal and %d under a limit of %d ms; %d freezes: median %.0f, p95 %.0f, longest"
                        + " %.0f ms; worst write %.0f ms%n",
                what,
                rate,
                IMAGES,
                IMAGES,
                LIMIT_MILLIS,
                sorted.length,
                sorted[sorted.length / 2],
                sorted[(int) Math.ceil(sorted.length * 0.95) - 1],
                sorted[sorted.length - 1],
                pauses.stream().mapToDouble(Double::doubleValue).max().orElse(0));
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
