package org.understudy.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.TargetDefinition;

/** Other people's initiators, libiscsi's tools and QEMU, against our target; data compared. */
@Tag("platform")
@Timeout(120)
class InteropPlatformTest {

    private static final int SIZE = 64 << 20;
    private static final ChapCredentials SECRET = new ChapCredentials("agent", "a-long-secret-1");

    @TempDir
    private Path directory;

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private final IscsiTargetServer server = TestTargets.unchecked(TestTargets::plainServer);

    @AfterEach
    void stop() {
        server.close();
    }

    private CommandResult run(String... argv) {
        return commands.run(Command.of(argv));
    }

    private Path disk(String name) throws IOException {
        Path file = directory.resolve(name);
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(SIZE);
        }
        return file;
    }

    private Path filled(String name) throws IOException {
        Path file = disk(name);
        byte[] content = new byte[5 << 20];
        new Random(name.hashCode()).nextBytes(content);
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.write(content);
            access.seek(SIZE - content.length);
            access.write(content);
        }
        return file;
    }

    private TargetDefinition target(Path file) throws IOException {
        return TestTargets.target(FileBlockDevice.open(file, false));
    }

    private String url(String credentials) {
        return "iscsi://" + credentials + "127.0.0.1:" + server.plainPort() + "/" + TestTargets.IQN + "/0";
    }

    @Test
    void libiscsi_lists_and_inquires() throws IOException {
        server.add(target(disk("lun.img")));
        CommandResult list =
                run("iscsi-ls", "-s", "iscsi://127.0.0.1:" + server.plainPort()).orThrow();
        assertThat(list.output()).contains(TestTargets.IQN).contains("Lun:0");
        assertThat(run("iscsi-inq", url("")).orThrow().output()).contains("UNDRSTDY");
        for (String page : List.of("0x00", "0x80", "0x83", "0xb0", "0xb1", "0xb2")) {
            assertThat(run("iscsi-inq", "-e", "1", "-c", page, url(""))
                            .orThrow()
                            .output())
                    .as("page %s", page)
                    .isNotBlank();
        }
    }

    @Test
    void qemu_writes_and_reads_the_same() throws IOException {
        Path source = filled("source.img");
        Path lun = disk("lun.img");
        Path back = directory.resolve("back.img");
        server.add(target(lun));

        run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", source.toString(), url(""))
                .orThrow();
        assertThat(Files.mismatch(source, lun)).isEqualTo(-1);

        run("qemu-img", "convert", "-f", "raw", "-O", "raw", url(""), back.toString())
                .orThrow();
        assertThat(Files.mismatch(source, back)).isEqualTo(-1);
    }

    @Test
    void chap_is_enforced_against_libiscsi() throws IOException {
        server.add(target(disk("lun.img")).withChap(SECRET));
        assertThat(run("iscsi-inq", url("")).succeeded()).isFalse();
        assertThat(run("iscsi-inq", url("agent%wrong-secret-99@")).succeeded()).isFalse();
        assertThat(run("iscsi-inq", url("agent%a-long-secret-1@")).succeeded()).isTrue();
    }

    @Test
    void chap_both_ways_with_libiscsi() throws IOException {
        server.add(target(disk("lun.img"))
                .withChap(SECRET)
                .withMutualChap(new ChapCredentials("target", "another-secret-2")));
        String mutual = "?target_user=target&target_password=";
        assertThat(run("iscsi-inq", url("agent%a-long-secret-1@") + mutual + "another-secret-2")
                        .succeeded())
                .isTrue();
        assertThat(run("iscsi-inq", url("agent%a-long-secret-1@") + mutual + "not-the-secret-9")
                        .succeeded())
                .isFalse();
    }

    @Test
    void libiscsi_reads_the_capacity() throws IOException {
        server.add(target(disk("lun.img")));
        String output = run("iscsi-readcapacity16", url("")).orThrow().output();
        assertThat(output).contains("Total size:" + SIZE).contains("LENGTH IN BYTES:512");
    }

    @Test
    void libiscsi_reads_a_tenth_of_a_gigabyte_under_load() throws IOException {
        server.add(target(filled("lun.img")));
        CommandResult result = run("iscsi-perf", "-b", "256", "-m", "16", "-t", "2", url(""));
        assertThat(result.orThrow().output()).contains("iops");
        await().atMost(Duration.ofSeconds(10)).until(() -> server.connections() == 0);
        assertThat(server.bufferBytes()).isZero();
    }

    @Test
    void qemu_finds_no_difference_to_the_file() throws IOException {
        Path lun = filled("lun.img");
        server.add(target(lun));
        assertThat(run("qemu-img", "compare", "-f", "raw", "-F", "raw", lun.toString(), url(""))
                        .orThrow()
                        .output())
                .contains("identical");
        Path other = filled("other.img");
        assertThat(run("qemu-img", "compare", "-f", "raw", "-F", "raw", other.toString(), url(""))
                        .exitStatus())
                .isEqualTo(1);
    }

    @Test
    void qemu_writes_zeros_as_holes() throws IOException {
        Path lun = filled("lun.img");
        server.add(target(lun));
        run("qemu-io", "-f", "raw", "-c", "write -z -u 0 4M", "-c", "read -P 0 0 4M", url(""))
                .orThrow();
        run("qemu-io", "-f", "raw", "-c", "discard 4M 1M", "-c", "write -P 7 2M 64k", "-c", "read -P 7 2M 64k", url(""))
                .orThrow();
        byte[] start = new byte[2 << 20];
        try (RandomAccessFile file = new RandomAccessFile(lun.toFile(), "r")) {
            file.readFully(start);
        }
        assertThat(start).containsOnly(0);
    }
}
