package org.understudy.agent.linux.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.snapshot.ChangeTracking;
import org.understudy.agent.snapshot.FileSystemMount;
import org.understudy.agent.snapshot.ProtectedDisk;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** Everything that makes marks doubtful is found, and named. */
@Tag("platform")
class DoubtsPlatformTest {

    private static final ExtentSet USED = ExtentSet.of(new Extent(0, 1 << 20));

    @TempDir
    Path directory;

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private final DeviceProbe probe = new DeviceProbe(Path.of("/sys"), commands);
    private Path device = Path.of("none");
    private Path pins = Path.of("none");
    private Path bootId = Path.of("none");

    private void run(String... argv) {
        commands.run(Command.of(argv)).orThrow();
    }

    @BeforeEach
    void attach() throws IOException {
        Path file = directory.resolve("disk.img");
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(64 << 20);
        }
        bootId = directory.resolve("proc/sys/kernel/random/boot_id");
        Files.createDirectories(bootId.getParent());
        Files.writeString(bootId, "first-boot\n");
        pins = Files.createDirectory(directory.resolve("bpf"));
        run("mount", "-t", "bpf", "bpf", pins.toString());
        device = Path.of(commands.run(Command.of("losetup", "--find", "--show", file.toString()))
                .orThrow()
                .output()
                .strip());
    }

    @AfterEach
    void detach() {
        run("umount", "--lazy", pins.toString());
        run("losetup", "--detach", device.toString());
    }

    private Trackers trackers() {
        return new Trackers(pins.resolve("trackers"), Path.of("/"), probe);
    }

    /** What a new agent process finds for the base {@code point}, after which it commits {@code next}. */
    private ChangeTracking.Since run(String point, String next) throws IOException {
        LinuxChangeTracking tracking = new LinuxChangeTracking(
                trackers(),
                probe,
                new SelfTest(trackers(), probe, commands),
                new BaseRecords(directory.resolve("records"), directory.resolve("proc")),
                disk -> device);
        ChangeTracking.Answer answer = tracking.of(new Disk());
        assertThat(answer).isInstanceOf(ChangeTracking.Tracked.class);
        try (ChangeTracking.DiskChanges changes = ((ChangeTracking.Tracked) answer).changes()) {
            ChangeTracking.Since since = changes.since(point.isEmpty() ? null : point);
            changes.cut();
            assertThat(changes.doubts()).isEmpty();
            if (!next.isEmpty()) {
                changes.commit(next, USED);
            }
            return since;
        }
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

    private static void assertUnknown(ChangeTracking.Since since, String reason) {
        assertThat(since).isInstanceOf(ChangeTracking.Unknown.class);
        assertThat(((ChangeTracking.Unknown) since).reason()).contains(reason);
    }

    @Test
    void aCommittedPointIsKnownToTheNextProcessWithItsUsedSpace() throws IOException {
        assertUnknown(run("", "point-1"), "there is no point yet");
        write(5 << 20);

        assertThat(run("point-1", "point-2"))
                .isEqualTo(new ChangeTracking.Known(ExtentSet.of(new Extent(5 << 20, 4096)), USED));
        assertThat(run("point-2", "")).isEqualTo(new ChangeTracking.Known(ExtentSet.empty(), USED));
    }

    @Test
    void aBootBetweenTwoRunsIsNamed() throws Exception {
        run("", "point-1");
        trackers().stop(device.getFileName().toString());
        Files.writeString(bootId, "second-boot\n");

        assertUnknown(run("point-1", "point-2"), "the host was started again since the last point");
        assertThat(run("point-2", "")).isInstanceOf(ChangeTracking.Known.class);
    }

    @Test
    void aTrackerThatWasStoppedOrBegunByHandIsNamed() throws Exception {
        run("", "point-1");
        trackers().stop(device.getFileName().toString());
        trackers().start(probe.probe(device), Granularity.DEFAULT).close();
        assertUnknown(run("point-1", "point-2"), "the marks do not begin at a point");

        trackers().stop(device.getFileName().toString());
        assertUnknown(run("point-2", "point-3"), "tracking was stopped since the last point");
    }

    @Test
    void anotherPointOrALostRecordIsNamed() throws Exception {
        run("", "point-1");
        run("point-1", "point-2");
        assertUnknown(run("point-1", "point-3"), "another point");
        try (var files = Files.list(directory.resolve("records"))) {
            for (Path file : files.toList()) {
                Files.write(file, new byte[] {1, 2, 3});
            }
        }
        assertUnknown(run("point-3", ""), "the used space of the last point is not known");
    }

    @Test
    void aWriteBeyondTheMapIsADoubtUntilEverythingWasCompared() throws Exception {
        try (Tracker tracker = trackers().start(probe.probe(device), Granularity.DEFAULT)) {
            run("truncate", "-s", "3G", directory.resolve("disk.img").toString());
            run("losetup", "--set-capacity", device.toString());
            write(5L << 29);

            assertThat(tracker.epoch().doubts()).singleElement().asString().contains("could not be marked");
            assertThat(tracker.doubtsOfBase()).hasSize(1);
            assertThat(tracker.nextEpoch().doubts()).hasSize(1);
            assertThat(tracker.doubtsOfEpoch()).as("a new epoch").isEmpty();
            assertThat(tracker.doubtsOfBase()).as("the agent's").hasSize(1);
            tracker.forgetBase();
            assertThat(tracker.doubtsOfBase()).isEmpty();
        }
    }

    /** Only its key counts here. */
    private static final class Disk implements ProtectedDisk {

        @Override
        public String key() {
            return "path-loop";
        }

        @Override
        public DiskReader open() {
            throw new UnsupportedOperationException("nobody reads this disk");
        }

        @Override
        public List<FileSystemMount> mounts() {
            return List.of();
        }

        @Override
        public boolean inUse() {
            return false;
        }
    }
}
