package org.understudy.agent.linux.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** Both forms of marks, fine and coarse, on a large sparse device. */
@Tag("platform")
class MarkFormsPlatformTest {

    private static final long SIZE = 1L << 40;
    private static final long GIB = 1L << 30;

    @TempDir
    Path directory;

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private final DeviceProbe probe = new DeviceProbe(Path.of("/sys"), commands);
    private Path device = Path.of("none");
    private Path pins = Path.of("none");

    private String run(String... argv) {
        return commands.run(Command.of(argv)).orThrow().output();
    }

    @BeforeEach
    void attach() throws IOException {
        Path file = directory.resolve("disk.img");
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(SIZE);
        }
        pins = Files.createDirectory(directory.resolve("bpf"));
        run("mount", "-t", "bpf", "bpf", pins.toString());
        device = Path.of(run("losetup", "--find", "--show", file.toString()).strip());
    }

    @AfterEach
    void detach() {
        run("umount", "--lazy", pins.toString());
        run("losetup", "--detach", device.toString());
    }

    private Trackers trackers() {
        return new Trackers(pins.resolve("trackers"), Path.of("/"), probe);
    }

    private void write(long offset) {
        run(
                "dd",
                "if=/dev/urandom",
                "of=" + device,
                "bs=4k",
                "count=1",
                "oflag=direct,seek_bytes",
                "conv=notrunc",
                "seek=" + offset,
                "status=none");
    }

    @ParameterizedTest
    @EnumSource(MarkForm.class)
    void writesAndLargeDiscardsAreMarkedInEitherForm(MarkForm form) throws Exception {
        try (Tracker tracker = trackers().start(probe.probe(device), Granularity.DEFAULT, form)) {
            write(0);
            write(300 * GIB + 4096);
            write(SIZE - 4096);
            assertThat(tracker.drain())
                    .isEqualTo(ExtentSet.of(
                            new Extent(0, 65536), new Extent(300 * GIB, 65536), new Extent(SIZE - 65536, 65536)));

            run("blkdiscard", "-o", Long.toString(10 * GIB), "-l", Long.toString(9 * GIB), device.toString());
            ExtentSet discarded = tracker.drain();

            assertThat(ExtentSet.of(new Extent(10 * GIB, 9 * GIB)).subtract(discarded))
                    .as("not marked")
                    .isEqualTo(ExtentSet.empty());
            assertThat(discarded.totalBytes()).as("marked beside it").isLessThan(9 * GIB + 64 * (4 << 20));
            assertThat(tracker.doubtsOfEpoch()).isEmpty();
            System.err.println("1 TiB as " + tracker.figures().form() + ": "
                    + (tracker.figures().memoryBytes() >> 10) + " KiB, verified "
                    + tracker.figures().queueVerified() + " and "
                    + tracker.figures().completeVerified() + " instructions");
        }
    }

    @Test
    void theFinestGranularityStillTakesTheLargestDiscard() throws Exception {
        try (Tracker tracker = trackers().start(probe.probe(device), new Granularity(4096))) {
            write(7 * GIB + 8192);
            assertThat(tracker.drain()).isEqualTo(ExtentSet.of(new Extent(7 * GIB + 8192, 4096)));
            run("blkdiscard", "-o", Long.toString(10 * GIB), "-l", Long.toString(9 * GIB), device.toString());
            assertThat(ExtentSet.of(new Extent(10 * GIB, 9 * GIB)).subtract(tracker.drain()))
                    .isEqualTo(ExtentSet.empty());
            assertThat(tracker.doubtsOfEpoch()).isEmpty();
        }
    }

    @Test
    void aGranularityThatAnOldKernelOrMemoryCannotBearIsRefused() throws Exception {
        TrackedDevice found = probe.probe(device);
        assertThatThrownBy(() -> MapShape.of(found, new Granularity(4096), MarkForm.BYTES))
                .hasMessageContaining("no atomic OR");
        TrackedDevice huge =
                new TrackedDevice("huge", found.number(), found.disk(), 0, (1L << 46) / 512, false, 1, 0, true);
        assertThatThrownBy(() -> MapShape.of(huge, new Granularity(4096), MarkForm.BITS))
                .hasMessageContaining("MiB of memory");
    }

    /** What was drained stays with the agent until its point is confirmed, whatever happens in between. */
    @Test
    void marksAreKeptUntilThePointIsConfirmed() throws Exception {
        try (Tracker tracker = trackers().start(probe.probe(device), Granularity.DEFAULT)) {
            write(0);
            tracker.cut();
            write(65536);
            tracker.commit("point-1");
            assertThat(tracker.isTiedTo("point-1")).isTrue();
            assertThat(tracker.isTiedTo("point-2")).isFalse();
            assertThat(tracker.sinceBase()).isEqualTo(ExtentSet.of(new Extent(65536, 65536)));

            write(2 * 65536);
            tracker.cut();
            tracker.cut();
            assertThat(tracker.sinceBase())
                    .as("a run that came to no point")
                    .isEqualTo(ExtentSet.of(new Extent(65536, 2 * 65536)));

            tracker.forgetBase();
            assertThat(tracker.isTied()).isFalse();
            assertThat(tracker.sinceBase()).isEqualTo(ExtentSet.empty());
        }
    }
}
