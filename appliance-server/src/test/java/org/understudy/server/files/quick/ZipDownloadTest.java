package org.understudy.server.files.quick;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.files.FileEntry;
import org.understudy.server.files.FileName;
import org.understudy.server.files.FilePath;
import org.understudy.server.files.FileSystemId;
import org.understudy.server.files.FolderPage;
import org.understudy.server.files.OpenFile;
import org.understudy.server.files.OpenedPoint;
import org.understudy.server.files.PointFileSystems;
import org.understudy.server.files.ZipDownload;
import org.understudy.server.kernel.PointId;

class ZipDownloadTest {

    private static final PointId POINT = PointId.random();
    private static final FileSystemId ID = new FileSystemId(0, 1);

    @TempDir
    Path directory;

    private Path root;

    @BeforeEach
    void plant() throws IOException {
        root = Files.createDirectory(directory.resolve("root"));
    }

    private Path write(String name, String content) throws IOException {
        Path file = root;
        for (FileName part : FilePath.parse(name).names()) {
            file = file.resolve(ImageNames.path(part));
        }
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private ZipDownload prepare(int limit, String... paths) {
        List<FilePath> selection = List.of(paths).stream().map(FilePath::parse).toList();
        return ZipDownload.prepare(new OneFolder(new MountTree(root)), POINT, ID, selection, limit);
    }

    /** Entries in the order in which they were sent, with their content. */
    private Map<ZipArchiveEntry, String> sent(String... paths) throws IOException {
        Path file = directory.resolve("download.zip");
        try (OutputStream out = Files.newOutputStream(file)) {
            prepare(1000, paths).writeTo(out);
        }
        Map<ZipArchiveEntry, String> found = new LinkedHashMap<>();
        try (ZipFile zip = ZipFile.builder().setPath(file).get()) {
            for (ZipArchiveEntry entry : Collections.list(zip.getEntriesInPhysicalOrder())) {
                found.put(entry, new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return found;
    }

    private List<String> names(String... paths) throws IOException {
        return sent(paths).keySet().stream().map(ZipArchiveEntry::getName).toList();
    }

    @Test
    void aFolderComesWithAllThatIsInIt() throws IOException {
        write("a/b/one", "1");
        write("a/two", "22");
        write("c", "not chosen");
        Files.createDirectory(root.resolve("a/empty"));

        Map<ZipArchiveEntry, String> sent = sent("a");

        assertThat(sent.keySet())
                .extracting(ZipArchiveEntry::getName)
                .containsExactly("disk0-1/a/", "disk0-1/a/b/", "disk0-1/a/b/one", "disk0-1/a/empty/", "disk0-1/a/two");
        assertThat(sent.values()).containsExactly("", "", "1", "", "22");
    }

    @Test
    void whatIsInsideOfASelectedFolderIsSentOnce() throws IOException {
        write("a/b/one", "1");

        assertThat(names("a/b/one", "a", "a/b", "a")).doesNotHaveDuplicates().hasSize(3);
        assertThat(names("")).containsExactly("disk0-1/a/", "disk0-1/a/b/", "disk0-1/a/b/one");
    }

    @Test
    void permissionsAndTimesAreKeptAndImpossibleTimesDoNoHarm() throws IOException {
        Path script = write("script", "x");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-x--x"));
        Files.setLastModifiedTime(script, FileTime.from(Instant.parse("2026-01-02T03:04:06Z")));
        Files.setLastModifiedTime(write("ancient", "x"), FileTime.from(Instant.parse("1901-12-14T00:00:00Z")));
        Files.setLastModifiedTime(write("distant", "x"), FileTime.from(Instant.parse("2400-01-01T00:00:00Z")));

        List<ZipArchiveEntry> sent = List.copyOf(sent("").keySet());

        assertThat(sent.get(2).getUnixMode()).isEqualTo(0100751);
        assertThat(sent.get(2).getLastModifiedDate()).isEqualTo(Instant.parse("2026-01-02T03:04:06Z"));
        assertThat(sent.get(0).getLastModifiedDate()).isAfter(Instant.parse("1979-12-31T00:00:00Z"));
    }

    @Test
    void linksAreLinksAndComeAfterTheLastFile() throws IOException {
        Files.createSymbolicLink(root.resolve("a"), Path.of("/etc/100%"));
        Files.createSymbolicLink(root.resolve("b"), ImageNames.path(FileName.parse("%FF")));
        write("z/file", "x");
        Files.createLink(root.resolve("z/hard"), root.resolve("z/file"));

        List<ZipArchiveEntry> sent = List.copyOf(sent("").keySet());

        assertThat(sent)
                .extracting(ZipArchiveEntry::getName)
                .containsExactly("disk0-1/z/", "disk0-1/z/file", "disk0-1/z/hard", "disk0-1/a", "disk0-1/b");
        assertThat(sent).extracting(ZipArchiveEntry::isUnixSymlink).containsExactly(false, false, false, true, true);
        try (ZipFile zip =
                ZipFile.builder().setPath(directory.resolve("download.zip")).get()) {
            assertThat(zip.getInputStream(zip.getEntry("disk0-1/a")).readAllBytes())
                    .isEqualTo("/etc/100%".getBytes(StandardCharsets.UTF_8));
            assertThat(zip.getInputStream(zip.getEntry("disk0-1/b")).readAllBytes())
                    .containsExactly(0xff);
        }
    }

    @Test
    void whatCannotBeInAZipIsNamed() throws IOException {
        write("file", "x");
        new ProcessCommandRunner()
                .run(Command.of("mkfifo", root.resolve("pipe").toString()))
                .orThrow();

        Map<ZipArchiveEntry, String> sent = sent("");

        assertThat(sent.keySet()).extracting(ZipArchiveEntry::getName).containsExactly("disk0-1/file", "left-out.txt");
        assertThat(sent.values()).last().isEqualTo("pipe (a device, FIFO or socket)\n");
    }

    @Test
    void namesCannotBeTakenForSomethingElseAndNeverBecomeOne() throws IOException {
        List<String> names = List.of(
                "plain", "100%25", "%25FF", "%FF", "a%0Ab", "..\\..\\evil", "%255C", "\\", "%25", "报告", "100%25%0A");
        for (String name : names) {
            write(name, name);
        }

        Map<String, String> byName = new LinkedHashMap<>();
        sent("").forEach((entry, content) -> byName.put(entry.getName(), content));

        assertThat(byName)
                .hasSize(names.size())
                .containsEntry("disk0-1/plain", "plain")
                .containsEntry("disk0-1/100%", "100%25")
                .containsEntry("disk0-1/%25FF", "%25FF")
                .containsEntry("disk0-1/%FF", "%FF")
                .containsEntry("disk0-1/a%0Ab", "a%0Ab")
                .containsEntry("disk0-1/..%5C..%5Cevil", "..\\..\\evil")
                .containsEntry("disk0-1/报告", "报告");
    }

    @Test
    void aLargeSparseFileIsSentWithoutBeingHeld() throws IOException {
        long size = 400L << 20;
        try (RandomAccessFile file = new RandomAccessFile(root.resolve("sparse").toFile(), "rw")) {
            file.setLength(size);
        }
        long seed = new Random().nextLong();
        byte[] noise = new byte[1 << 20];
        new Random(seed).nextBytes(noise);
        Files.write(root.resolve("noise"), noise);

        Path zip = directory.resolve("download.zip");
        try (OutputStream out = Files.newOutputStream(zip)) {
            prepare(10, "").writeTo(out);
        }

        assertThat(Files.size(zip)).isLessThan(4L << 20);
        try (ZipFile read = ZipFile.builder().setPath(zip).get()) {
            assertThat(read.getEntry("disk0-1/sparse").getSize()).isEqualTo(size);
            assertThat(read.getInputStream(read.getEntry("disk0-1/noise")).readAllBytes())
                    .as("seed %d", seed)
                    .isEqualTo(noise);
        }
    }

    @Test
    void tooManyEntriesAreToldBeforeTheFirstByte() throws IOException {
        for (int i = 0; i < 5; i++) {
            write("f" + i, "x");
        }
        prepare(5, "").writeTo(new ByteArrayOutputStream());

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> prepare(4, ""))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.FILES_TOO_MANY));
        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> prepare(4));
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> prepare(4, "nothing"))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.NOT_FOUND));
    }

    @Test
    void aReceiverThatIsGoneIsNoProblemOfTheFile() throws IOException {
        write("file", "x");
        ZipDownload download = prepare(10, "");

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> download.writeTo(new OutputStream() {
                    @Override
                    public void write(int value) throws IOException {
                        throw new IOException("Broken pipe");
                    }
                }))
                .withMessage("Broken pipe");
    }

    @Test
    void pagesOfAFolderAreWalkedToTheEnd() throws IOException {
        List<String> expected = new ArrayList<>();
        for (int i = 100; i < 200; i++) {
            write("f" + i, "x");
            expected.add("disk0-1/f" + i);
        }

        assertThat(names("")).isEqualTo(expected);
    }

    /** The port on a folder of the test; its pages are small. */
    private record OneFolder(MountTree tree) implements PointFileSystems {

        @Override
        public FolderPage list(
                PointId point, FileSystemId fileSystem, FilePath folder, Optional<FileName> after, int limit) {
            return tree.list(folder, after, Math.min(limit, 7));
        }

        @Override
        public FileEntry entry(PointId point, FileSystemId fileSystem, FilePath path) {
            return tree.entry(path);
        }

        @Override
        public OpenFile read(PointId point, FileSystemId fileSystem, FilePath path) {
            return tree.read(path);
        }

        @Override
        public OpenedPoint open(PointId point, Reader reader) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<OpenedPoint> opened(PointId point) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close(PointId point) {
            throw new UnsupportedOperationException();
        }
    }
}
