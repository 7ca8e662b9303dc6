package org.understudy.server.files.quick;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.files.FileEntry;
import org.understudy.server.files.FileEntry.Kind;
import org.understudy.server.files.FileName;
import org.understudy.server.files.FilePath;
import org.understudy.server.files.FileSystemId;
import org.understudy.server.files.FilesSettings;
import org.understudy.server.files.OpenFile;
import org.understudy.server.files.OpenedPoint;
import org.understudy.server.files.PointFileSystem;
import org.understudy.server.files.PointFileSystems.Reader;
import org.understudy.server.files.ZipDownload;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.memory.InMemoryVolumeStore;

/** Real file systems on real loop devices: what went in comes out, and nothing stays behind. */
@Tag("platform")
class QuickFileSystemsPlatformTest {

    private static final FileSystemId FIRST = new FileSystemId(0, 1);
    private static final Duration IDLE = Duration.ofMinutes(15);
    private static final long SPARSE = 200L << 20;

    @TempDir
    Path temporary;

    private final CommandRunner runner = new ProcessCommandRunner();
    private final OnePoint points = new OnePoint();
    private final HostId host = HostId.random();
    private final MovedClock clock = new MovedClock();

    private Path directory;
    private Path root;
    private InMemoryVolumeStore store;
    private TestImages images;
    private QuickFileSystems files;

    @BeforeEach
    void open() throws IOException {
        // Blanks, other letters and a link in the path, as administrators have them.
        Path real = Files.createDirectories(temporary.resolve("data ü"));
        directory = Files.createSymbolicLink(temporary.resolve("link"), real);
        root = directory.resolve("files");
        store = new InMemoryVolumeStore(Files.createDirectory(directory.resolve("pool")));
        images = new TestImages(runner, directory);
        files = server(runner, true, 8);
    }

    private QuickFileSystems server(CommandRunner with, boolean allowed, int mostOpen) {
        return new QuickFileSystems(
                points, new Stagehand(store, with, root), new FilesSettings(allowed, IDLE, mostOpen, 1000), clock);
    }

    @AfterEach
    void nothingStays() {
        files.closeAll();
        files.tidy();
        assertNothingIsLeft();
    }

    private void assertNothingIsLeft() {
        assertThat(mounts()).isEmpty();
        assertThat(runner.run(Command.of("losetup", "--list", "--noheadings", "--output", "BACK-FILE"))
                        .output())
                .doesNotContain(temporary.getFileName().toString());
        assertThat(store.clones()).isEmpty();
        assertThat(root.toFile().list()).isNullOrEmpty();
    }

    private java.util.List<Path> mounts() {
        try {
            return Mounts.below(temporary.toRealPath());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private PointId point(Path disk) throws IOException {
        PointId id = PointId.random();
        DiskId first = new DiskId(host, 0);
        store.createVolume(first, new ByteSize(Files.size(disk)));
        runner.run(Command.of(
                        "cp",
                        "--sparse=always",
                        disk.toString(),
                        store.headDevice(first).toString()))
                .orThrow();
        store.snapshot(host, id, Map.of());
        points.add(id, host, Files.size(disk));
        return id;
    }

    private static void plant(Path to) throws IOException {
        Files.writeString(Files.createDirectories(to.resolve("etc/deep/er")).resolve("notes.txt"), "remember");
        for (String odd : new String[] {"%0A", "%FF%FE", "报告", "%25", "back\\slash", "%1B[31m"}) {
            Files.writeString(to.resolve(ImageNames.path(FileName.parse(odd))), "content of " + odd);
        }
        try (RandomAccessFile sparse = new RandomAccessFile(to.resolve("sparse").toFile(), "rw")) {
            sparse.setLength(SPARSE);
            sparse.seek(SPARSE / 2);
            sparse.write("island".getBytes(StandardCharsets.UTF_8));
        }
        Files.createLink(to.resolve("etc/hard"), to.resolve("etc/deep/er/notes.txt"));
        Files.createSymbolicLink(to.resolve("out"), Path.of("/etc"));
        Files.createSymbolicLink(to.resolve("up"), Path.of("../../../../../../etc/passwd"));
        CommandRunner runner = new ProcessCommandRunner();
        runner.run(Command.of("mknod", to.resolve("null").toString(), "c", "1", "3"))
                .orThrow();
        runner.run(Command.of("mknod", to.resolve("loop").toString(), "b", "7", "0"))
                .orThrow();
        runner.run(Command.of("mkfifo", to.resolve("fifo").toString())).orThrow();
    }

    private String content(PointId point, String path) throws IOException {
        try (OpenFile file = files.read(point, FIRST, FilePath.parse(path))) {
            return new String(file.content().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private Problem refusal(PointId point, String path) {
        try {
            return Problem.of(ProblemCode.INTERNAL, "read", content(point, path));
        } catch (ProblemException e) {
            return e.problem();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext2", "ext3", "ext4", "xfs", "btrfs"})
    void whatWasWrittenIsRead(String type) throws IOException {
        PointId point = point(images.disk(images.fileSystem(type, QuickFileSystemsPlatformTest::plant)));

        OpenedPoint opened = files.open(point, Reader.QUICK);

        assertThat(opened.closesAt()).isEqualTo(clock.instant().plus(IDLE));
        assertThat(opened.fileSystems())
                .extracting(one -> one.id().toString())
                .containsExactly("disk0-1", "disk0-2", "disk0-3");
        PointFileSystem first = opened.fileSystems().getFirst();
        assertThat(first.type()).isEqualTo(type);
        assertThat(first.label()).contains("my data");
        assertThat(first.sizeBytes()).isEqualTo(TestImages.bytes(type));
        assertThat(first.unreadable()).isEmpty();
        assertThat(opened.fileSystems().get(1).unreadable()).contains("the quick path does not read swap");
        assertThat(opened.fileSystems().get(2).unreadable()).contains("no known file system is in it");

        Map<String, Kind> kinds = new TreeMap<>();
        files.list(point, FIRST, FilePath.ROOT, Optional.empty(), 100)
                .entries()
                .forEach(entry -> kinds.put(entry.name().text(), entry.kind()));
        kinds.remove("lost+found");
        assertThat(kinds)
                .isEqualTo(Map.ofEntries(
                        Map.entry("%0A", Kind.FILE),
                        Map.entry("%1B[31m", Kind.FILE),
                        Map.entry("%25", Kind.FILE),
                        Map.entry("%FF%FE", Kind.FILE),
                        Map.entry("back\\slash", Kind.FILE),
                        Map.entry("报告", Kind.FILE),
                        Map.entry("etc", Kind.FOLDER),
                        Map.entry("fifo", Kind.SPECIAL),
                        Map.entry("loop", Kind.SPECIAL),
                        Map.entry("null", Kind.SPECIAL),
                        Map.entry("out", Kind.LINK),
                        Map.entry("sparse", Kind.FILE),
                        Map.entry("up", Kind.LINK)));
        for (String odd : new String[] {"%0A", "%FF%FE", "报告", "%25", "back\\slash", "%1B[31m"}) {
            assertThat(content(point, odd)).isEqualTo("content of " + odd);
        }
        assertThat(content(point, "etc/deep/er/notes.txt")).isEqualTo("remember");
        assertThat(content(point, "etc/hard")).isEqualTo("remember");
        for (String path : new String[] {"out", "out/passwd", "up", "null", "loop", "fifo", "etc", "null/x"}) {
            assertThat(refusal(point, path).code()).as(path).isEqualTo(ProblemCode.INVALID_REQUEST);
        }
        assertThat(refusal(point, "etc/nothing").code()).isEqualTo(ProblemCode.NOT_FOUND);
        assertSparseIsWhole(point);
        assertZipIsWhole(point);

        files.close(point);
        assertNothingIsLeft();
    }

    private void assertSparseIsWhole(PointId point) throws IOException {
        try (OpenFile file = files.read(point, FIRST, FilePath.parse("sparse"));
                InputStream in = file.content()) {
            assertThat(file.entry().sizeBytes()).isEqualTo(SPARSE);
            in.skipNBytes(SPARSE / 2);
            assertThat(new String(in.readNBytes(6), StandardCharsets.UTF_8)).isEqualTo("island");
        }
    }

    /** Judged by the program that most people have. */
    private void assertZipIsWhole(PointId point) throws IOException {
        Path zip = directory.resolve("all.zip");
        try (OutputStream out = Files.newOutputStream(zip)) {
            ZipDownload.prepare(files, point, FIRST, java.util.List.of(FilePath.ROOT), 100)
                    .writeTo(out);
        }
        CommandResult tested = runner.run(Command.of("python3", "-m", "zipfile", "-t", zip.toString()));
        assertThat(tested.orThrow().output()).contains("Done testing");
    }

    @Test
    void aDiskWithoutPartitionsIsOneFileSystem() throws IOException {
        PointId point = point(images.fileSystem("ext4", QuickFileSystemsPlatformTest::plant));

        OpenedPoint opened = files.open(point, Reader.QUICK);

        assertThat(opened.fileSystems()).extracting(one -> one.id().toString()).containsExactly("disk0");
        assertThat(files.entry(point, new FileSystemId(0, 0), FilePath.parse("etc")))
                .extracting(FileEntry::kind)
                .isEqualTo(Kind.FOLDER);
    }

    @Test
    void nothingIsEverWrittenToTheImage() throws IOException {
        PointId point = point(images.disk(images.fileSystem("ext4", QuickFileSystemsPlatformTest::plant)));
        Path snapshot = store.snapshotDevice(new DiskId(host, 0), point);

        files.open(point, Reader.QUICK);
        content(point, "etc/hard");
        Path mount = mounts().getFirst();

        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))
                        .lines()
                        .filter(line -> line.contains(point.toString())))
                .singleElement()
                .asString()
                .contains(" ro,nosuid,nodev,noexec");
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> Files.writeString(mount.resolve("x"), "x"));
        Path clone = store.cloneDevice(Stagehand.clone(point), new DiskId(host, 0));
        assertThat(Files.mismatch(snapshot, clone)).isEqualTo(-1);
    }

    @Test
    void openingTwiceIsOneOpeningAndAnUnknownPointIsNone() throws IOException {
        PointId point = point(images.fileSystem("ext4", mount -> {}));

        OpenedPoint first = files.open(point, Reader.QUICK);
        clock.move(Duration.ofMinutes(1));
        OpenedPoint again = files.open(point, Reader.QUICK);

        assertThat(again.openedAt()).isEqualTo(first.openedAt());
        assertThat(again.closesAt()).isEqualTo(first.closesAt().plusSeconds(60));
        assertThat(mounts()).hasSize(1);
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> files.open(PointId.random(), Reader.QUICK))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.POINT_NOT_FOUND));
    }

    @Test
    void aPointThatNobodyReadsClosesByItselfAndOneThatIsReadDoesNot() throws IOException {
        PointId point = point(images.fileSystem("ext4", mount -> Files.writeString(mount.resolve("file"), "x")));
        FileSystemId whole = new FileSystemId(0, 0);
        files.open(point, Reader.QUICK);

        clock.move(IDLE.minusSeconds(1));
        files.tidy();
        assertThat(files.opened(point)).isPresent();

        OpenFile file = files.read(point, whole, FilePath.parse("file"));
        clock.move(IDLE.multipliedBy(3));
        files.tidy();
        assertThat(files.opened(point)).isPresent();
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> files.close(point))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.FILES_BUSY));
        file.close();
        file.close();

        clock.move(IDLE);
        files.tidy();
        assertThat(files.opened(point)).isEmpty();
        assertNothingIsLeft();
        assertThat(refusal(point, "file").code()).isEqualTo(ProblemCode.FILES_NOT_OPEN);
    }

    @Test
    void whatACrashLeftIsRemovedByTheNextServer() throws IOException {
        PointId point = point(images.fileSystem("ext4", mount -> {}));
        files.open(point, Reader.QUICK);
        assertThat(mounts()).hasSize(1);

        QuickFileSystems next = server(runner, true, 8);
        next.tidy();

        assertNothingIsLeft();
        next.open(point, Reader.QUICK);
        next.closeAll();
    }

    @Test
    void theServersEndClosesWhatIsBeingRead() throws IOException {
        PointId point = point(images.fileSystem("ext4", mount -> Files.writeString(mount.resolve("file"), "x")));
        files.open(point, Reader.QUICK);
        OpenFile file = files.read(point, new FileSystemId(0, 0), FilePath.parse("file"));

        files.closeAll();

        assertThat(mounts()).isEmpty();
        assertThat(store.clones()).isEmpty();
        file.close();
    }

    @Test
    void nothingIsLeftWhicheverCommandFails() throws IOException {
        PointId point = point(images.disk(images.fileSystem("ext4", QuickFileSystemsPlatformTest::plant)));
        int failed = 0;
        for (int number = 1; ; number++) {
            FailingRunner failing = new FailingRunner(runner, number);
            QuickFileSystems server = server(failing, true, 8);
            try {
                server.open(point, Reader.QUICK);
                server.close(point);
                if (!failing.hasFailed()) {
                    break;
                }
            } catch (ProblemException e) {
                assertThat(e.problem().code()).isEqualTo(ProblemCode.COMMAND_STALLED);
            }
            failed++;
            server.tidy();
            assertNothingIsLeft();
        }
        // Four probes, the table, one mount and one unmount.
        assertThat(failed).isEqualTo(7);
    }

    @Test
    void aFileSystemWhoseSuperblockIsDamagedIsRefusedAndNothingStays() throws IOException {
        Path image = images.fileSystem("ext4", mount -> {});
        runner.run(Command.of("tune2fs", "-O", "^metadata_csum", image.toString()))
                .orThrow();
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            // s_log_block_size beyond all reason; the signature stays.
            file.seek(1024 + 0x18);
            file.write(new byte[] {77, 0, 0, 0});
        }
        PointId point = point(image);

        assertUnreadable(point, "disk0: the kernel refused to mount it as ext4");
    }

    @Test
    void aFileSystemThatIsCutOffIsRefusedAndNothingStays() throws IOException {
        Path image = images.fileSystem("xfs", mount -> {});
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(1 << 20);
        }

        assertUnreadable(point(image), "disk0: the kernel refused to mount it as xfs");
    }

    @Test
    void aPartitionTableThatIsDamagedOrCutOffIsToldAsSuch() throws IOException {
        Path disk = images.disk(images.fileSystem("ext4", mount -> {}));
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(10 << 20);
            file.seek(512);
            file.write(new byte[512]);
        }

        assertUnreadable(point(disk), "disk0: the partition table is damaged or cut off");
    }

    @Test
    void aPartitionBeyondTheDiskIsRefused() throws IOException {
        Path disk = directory.resolve("mbr.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(4 << 20);
            file.seek(446);
            // Type 0x83 from sector 2048, 0x7fffffff sectors long.
            file.write(new byte[] {0, 0, 0, 0, (byte) 0x83, 0, 0, 0, 0, 8, 0, 0, -1, -1, -1, 0x7f});
            file.seek(510);
            file.write(new byte[] {0x55, (byte) 0xaa});
        }

        assertUnreadable(point(disk), "the partition does not lie inside of the disk");
    }

    @Test
    void aDiskOfNoiseOrZerosHasNoFileSystem() throws IOException {
        Path noise = directory.resolve("noise.img");
        byte[] bytes = new byte[4 << 20];
        long seed = new java.util.Random().nextLong();
        new java.util.Random(seed).nextBytes(bytes);
        Files.write(noise, bytes);
        assertUnreadable(point(noise), "no known file system");
    }

    private void assertUnreadable(PointId point, String reason) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> files.open(point, Reader.QUICK))
                .satisfies(e -> {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.FILES_UNREADABLE);
                    assertThat(e.problem().values().get("reason")).contains(reason);
                });
        assertNothingIsLeft();
    }

    @Test
    void anImageThatAsksTheKernelToPanicIsNotObeyed() throws IOException {
        Path image = images.fileSystem("ext4", mount -> {});
        runner.run(Command.of("tune2fs", "-e", "panic", image.toString())).orThrow();
        PointId point = point(image);

        files.open(point, Reader.QUICK);

        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))
                        .lines()
                        .filter(line -> line.contains(point.toString())))
                .singleElement()
                .asString()
                .doesNotContain("errors=panic");
    }

    @Test
    void theQuickPathIsOffUnlessAllowedAndTheSafeOneIsNotThere() throws IOException {
        PointId point = point(images.fileSystem("ext4", mount -> {}));
        QuickFileSystems careful = server(runner, false, 8);

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> careful.open(point, Reader.QUICK))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.FILES_QUICK_PATH_OFF));
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> files.open(point, Reader.SAFE))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CAPABILITY_MISSING));
        assertNothingIsLeft();
    }

    @Test
    void tooManyOpenPointsAreRefused() throws IOException {
        Path image = images.fileSystem("ext4", mount -> {});
        PointId first = point(image);
        PointId second = point(image);
        QuickFileSystems small = server(runner, true, 1);
        small.open(first, Reader.QUICK);

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> small.open(second, Reader.QUICK))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.FILES_LIMIT_REACHED));

        small.close(first);
        small.open(second, Reader.QUICK);
        small.closeAll();
    }

    /** They have the same UUID, which is where a kernel could take one for the other. */
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void twoPointsOfOneHostNeverShowEachOthersFiles(String type) throws IOException {
        FileSystemId whole = new FileSystemId(0, 0);
        Path image = images.fileSystem(type, mount -> Files.writeString(mount.resolve("file"), "older"));
        PointId older = point(image);
        images.change(image, mount -> Files.writeString(mount.resolve("file"), "newer"));
        PointId newer = point(image);

        files.open(older, Reader.QUICK);
        try {
            files.open(newer, Reader.QUICK);
            try (OpenFile file = files.read(newer, whole, FilePath.parse("file"))) {
                assertThat(file.content().readAllBytes()).asString().isEqualTo("newer");
            }
        } catch (ProblemException e) {
            // Kernels before 6.7 refuse a second btrfs with a UUID that is mounted.
            assertThat(type).isEqualTo("btrfs");
            assertThat(e.problem().code()).isEqualTo(ProblemCode.FILES_UNREADABLE);
        }
        try (OpenFile file = files.read(older, whole, FilePath.parse("file"))) {
            assertThat(file.content().readAllBytes()).asString().isEqualTo("older");
        }
    }

    /** Fails one command as the stall watchdog does, and carries out all others. */
    private static final class FailingRunner implements CommandRunner {

        private final CommandRunner runner;
        private final int failing;
        private final AtomicInteger count = new AtomicInteger();

        FailingRunner(CommandRunner runner, int failing) {
            this.runner = runner;
            this.failing = failing;
        }

        boolean hasFailed() {
            return count.get() >= failing;
        }

        @Override
        public CommandResult run(Command command) {
            if (count.incrementAndGet() == failing) {
                throw Problem.of(ProblemCode.COMMAND_STALLED, "command", command.toString())
                        .asException();
            }
            return runner.run(command);
        }

        @Override
        public RunningProcess start(Command command, Path log) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class MovedClock extends Clock {

        private Instant now = Instant.parse("2026-11-20T12:00:00Z");

        void move(Duration by) {
            now = now.plus(by);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }
}
