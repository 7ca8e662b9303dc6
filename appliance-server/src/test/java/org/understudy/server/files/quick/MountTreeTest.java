package org.understudy.server.files.quick;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.files.FileEntry;
import org.understudy.server.files.FileEntry.Kind;
import org.understudy.server.files.FileName;
import org.understudy.server.files.FilePath;
import org.understudy.server.files.FolderPage;
import org.understudy.server.files.OpenFile;

/** The rules of paths, on an ordinary folder of the test's. */
class MountTreeTest {

    @TempDir
    Path directory;

    private Path root;
    private MountTree tree;

    @BeforeEach
    void plant() throws IOException {
        root = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(directory.resolve("secret"), "not of the image");
        tree = new MountTree(root);
    }

    private static String content(OpenFile file) throws IOException {
        try (file) {
            return new String(file.content().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private ProblemException refusal(String path) {
        try {
            OpenFile file = tree.read(FilePath.parse(path));
            throw new AssertionError("read " + content(file));
        } catch (ProblemException e) {
            return e;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aFileIsReadWhereItLies() throws IOException {
        Files.writeString(Files.createDirectories(root.resolve("a/b")).resolve("file"), "content");

        assertThat(content(tree.read(FilePath.parse("a/b/file")))).isEqualTo("content");
        assertThat(tree.entry(FilePath.parse("a/b")).kind()).isEqualTo(Kind.FOLDER);
        assertThat(tree.entry(FilePath.parse("a/b/file")).sizeBytes()).isEqualTo(7);
    }

    @Test
    void linksAreShownAndNeverFollowed() throws IOException {
        Files.createSymbolicLink(root.resolve("out"), directory);
        Files.createSymbolicLink(root.resolve("absolute"), Path.of("/etc/passwd"));
        Files.createSymbolicLink(root.resolve("up"), Path.of("../secret"));
        Files.createSymbolicLink(root.resolve("circle"), Path.of("circle"));

        assertThat(tree.entry(FilePath.parse("up")).linkTarget()).contains("../secret");
        assertThat(tree.entry(FilePath.parse("absolute")).linkTarget()).contains("/etc/passwd");
        for (String path : List.of("absolute", "up", "circle", "out", "out/secret", "out/tree/up")) {
            assertThat(refusal(path).problem().code()).as(path).isEqualTo(ProblemCode.INVALID_REQUEST);
            assertThat(refusal(path).problem().values().get("reason")).contains("symbolic link");
        }
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> tree.list(FilePath.parse("out"), Optional.empty(), 10));
    }

    @Test
    void aFifoIsListedAndNeverOpened() {
        new ProcessCommandRunner()
                .run(Command.of("mkfifo", root.resolve("fifo").toString()))
                .orThrow();

        assertThat(tree.entry(FilePath.parse("fifo")).kind()).isEqualTo(Kind.SPECIAL);
        assertThat(refusal("fifo").problem().values().get("reason")).contains("a device, FIFO or socket");
        assertThat(refusal("fifo/x").problem().code()).isEqualTo(ProblemCode.INVALID_REQUEST);
    }

    @Test
    void whatIsNotThereIsNotFoundWithoutAPathOfTheAppliance() {
        ProblemException refusal = refusal("no/such");

        assertThat(refusal.problem().code()).isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(refusal.problem().values().toString()).doesNotContain(directory.toString());
        assertThat(refusal("").problem().code()).isEqualTo(ProblemCode.INVALID_REQUEST);
    }

    @Test
    void anyBytesInNamesAreListedAndOpenedWhateverTheLocaleIs() throws IOException {
        List<FileName> names = new ArrayList<>();
        for (String text :
                List.of("%0A", "%FF%FE", "a%09b", "报告", "%C0%AE", "%25", "-rf", "back%5Cslash", "%1B[31m", "#?&=+ ;")) {
            FileName name = FileName.parse(text);
            names.add(name);
            Files.writeString(root.resolve(ImageNames.path(name)), text);
        }
        Files.createSymbolicLink(root.resolve("link"), ImageNames.path(FileName.parse("%FF%0A")));
        names.add(FileName.parse("link"));

        FolderPage page = tree.list(FilePath.ROOT, Optional.empty(), 100);

        assertThat(page.entries()).extracting(FileEntry::name).containsExactlyElementsOf(new TreeSet<>(names));
        for (FileName name : names.subList(0, names.size() - 1)) {
            FilePath path = FilePath.parse(name.text());
            assertThat(FileName.parse(content(tree.read(path)))).isEqualTo(name);
        }
        assertThat(tree.entry(FilePath.parse("link")).linkTarget()).contains("%FF%0A");
    }

    @Test
    void pagesTogetherAreTheFolder() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        TreeSet<FileName> expected = new TreeSet<>();
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[8];
            random.nextBytes(bytes);
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = bytes[j] == 0 || bytes[j] == '/' ? (byte) '_' : bytes[j];
            }
            FileName name = FileName.of(bytes);
            if (expected.add(name)) {
                Files.createFile(root.resolve(ImageNames.path(name)));
            }
        }

        List<FileName> found = new ArrayList<>();
        Optional<FileName> after = Optional.empty();
        do {
            FolderPage page = tree.list(FilePath.ROOT, after, 37);
            page.entries().forEach(entry -> found.add(entry.name()));
            after = page.next();
        } while (after.isPresent());

        assertThat(found).as("seed %d", seed).containsExactlyElementsOf(expected);
    }
}
