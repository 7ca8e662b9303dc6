package org.understudy.iscsi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import picocli.CommandLine;

class IscsiCommandTest {

    private static final int SIZE = 8 << 20;

    @TempDir
    private Path directory;

    private IscsiTargetServer server;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void start() throws IOException {
        server = TestTargets.plainServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private int run(String... arguments) {
        CommandLine line = IscsiCommand.commandLine();
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    private String portal() {
        return "127.0.0.1:" + server.plainPort();
    }

    private Path file(String name, byte[] content) throws IOException {
        Path file = directory.resolve(name);
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(SIZE);
            access.seek(1 << 20);
            access.write(content);
        }
        return file;
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void copy_carries_a_disk_there_and_back() throws IOException {
        Path source = file("source disk.img", random(3 << 20));
        Path lun = file("lun.img", random(123_456));
        server.add(TestTargets.target(FileBlockDevice.open(lun, false))
                .withChap(new ChapCredentials("agent", "a-long-secret-1")));
        String url = "iscsi://agent%a-long-secret-1@" + portal() + "/" + TestTargets.IQN + "/0";
        Path back = directory.resolve("back.img");

        assertThat(run("copy", source.toString(), url)).as(err.toString()).isZero();
        assertThat(run("copy", url, back.toString())).as(err.toString()).isZero();

        assertThat(Files.mismatch(source, lun)).isEqualTo(-1);
        assertThat(Files.mismatch(source, back)).isEqualTo(-1);
        assertThat(out.toString()).contains("8388608 bytes, 3145728 of them written");
    }

    @Test
    void ls_names_targets_and_luns() throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(1 << 20), new MemoryBlockDevice(1 << 20, 4096)));
        assertThat(run("ls", "iscsi://" + portal())).isZero();
        assertThat(out.toString()).contains(TestTargets.IQN + " " + portal() + ",1");
        assertThat(run("ls", "iscsi://" + portal() + "/" + TestTargets.IQN)).isZero();
        assertThat(out.toString())
                .contains("lun 0: 1048576 bytes, blocks of 512")
                .contains("lun 1: 1048576 bytes, blocks of 4096");
    }

    @Test
    void inquiry_shows_who_a_unit_is() throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(1 << 20)));
        String url = "iscsi://" + portal() + "/" + TestTargets.IQN + "/0";
        assertThat(run("inquiry", url)).isZero();
        assertThat(out.toString()).contains("UNDRSTDY").contains("SERIAL-0");
        assertThat(run("inquiry", "--page", "0x80", url)).isZero();
        assertThat(out.toString()).contains("00 80 00 08");
    }

    @Test
    void failures_are_one_line_and_status_one() {
        assertThat(run("ls", "iscsi://" + portal() + "/iqn.2026-11.org.understudy:nobody"))
                .isEqualTo(1);
        assertThat(err.toString().strip().lines()).hasSize(1);
        assertThat(err.toString()).contains("0x0203");
    }

    @Test
    void a_destination_that_is_too_small_is_refused_before_anything_is_written() throws IOException {
        MemoryBlockDevice small = new MemoryBlockDevice(1 << 20);
        server.add(TestTargets.target(small));
        Path source = file("source.img", random(1000));
        assertThat(run("copy", source.toString(), "iscsi://" + portal() + "/" + TestTargets.IQN + "/0"))
                .isEqualTo(1);
        assertThat(small.allocatedBytes()).isZero();
        ByteBuffer first = ByteBuffer.allocate(512);
        small.read(0, first);
        assertThat(first.array()).isEqualTo(new byte[512]);
    }

    @Test
    void wrong_usage_is_status_two() {
        assertThat(run("copy", "one")).isEqualTo(2);
        assertThat(LunOption.parse("a b.img,ro,block=4096"))
                .isEqualTo(new LunOption(Path.of("a b.img"), true, false, 4096));
        assertThat(Endpoint.parse("[::1]:860").getPort()).isEqualTo(860);
        assertThat(Endpoint.parse("127.0.0.1").getPort()).isEqualTo(3260);
    }
}
