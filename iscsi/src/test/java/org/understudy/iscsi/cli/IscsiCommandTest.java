package org.understudy.iscsi.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
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
                .isEqualTo(new LunOption(Path.of("a b.img"), true, false, false, false, 4096));
        assertThat(Endpoint.parse("[::1]:860").getPort()).isEqualTo(860);
        assertThat(Endpoint.parse("127.0.0.1").getPort()).isEqualTo(3260);
    }

    private static DiskUrl url(String text) {
        return DiskUrl.parse(text);
    }

    @Test
    void urls_name_hosts_of_every_kind() {
        assertThat(url("iscsi://[::1]/iqn.2026-11.x:d/3").portal().getPort()).isEqualTo(3260);
        assertThat(url("iscsi://[fe80::1]:4000/iqn.2026-11.x:d/3").portal().getPort())
                .isEqualTo(4000);
        assertThat(url("iscsis://u%s@[::1]:4000/iqn.2026-11.x:d/3").tls()).isTrue();
        assertThat(url("iscsis://host/iqn.2026-11.x:d/3").portal().getPort()).isEqualTo(3261);
        assertThat(url("iscsi://host/iqn.2026-11.x:d/16383").lun()).isEqualTo(16383);
        for (String wrong : List.of(
                "iscsi://::1/iqn.2026-11.x:d/3",
                "iscsi://host:port/iqn.2026-11.x:d/3",
                "iscsi://host:70000/iqn.2026-11.x:d/3",
                "iscsi:///x",
                "http://host")) {
            assertThatThrownBy(() -> url(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** PEM files as openssl writes them. */
    private Path pem(String name, String part) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (var stream = IscsiCommandTest.class.getResourceAsStream("/tls/" + name + ".p12")) {
            store.load(stream, "changeit".toCharArray());
        }
        StringBuilder text = new StringBuilder();
        for (String alias : Collections.list(store.aliases())) {
            if (part.equals("key") && store.isKeyEntry(alias)) {
                append(
                        text,
                        "PRIVATE KEY",
                        store.getKey(alias, "changeit".toCharArray()).getEncoded());
            } else if (part.equals("cert") && store.isKeyEntry(alias)) {
                for (var certificate : store.getCertificateChain(alias)) {
                    append(text, "CERTIFICATE", certificate.getEncoded());
                }
            } else if (part.equals("ca") && store.isCertificateEntry(alias)) {
                append(text, "CERTIFICATE", store.getCertificate(alias).getEncoded());
            }
        }
        return Files.writeString(directory.resolve(name + "-" + part + ".pem"), text);
    }

    private static void append(StringBuilder text, String kind, byte[] bytes) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        text.append("-----BEGIN ")
                .append(kind)
                .append("-----\n")
                .append(body)
                .append("\n-----END ")
                .append(kind)
                .append("-----\n");
    }

    private String[] withTls(String name, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(arguments));
        for (String part : List.of("cert", "key", "ca")) {
            all.add("--tls-" + part);
            all.add(pem(name, part).toString());
        }
        return all.toArray(String[]::new);
    }

    @Test
    void everything_works_inside_tls_with_pem_files() throws Exception {
        try (IscsiTargetServer secure = TestTargets.dualServer()) {
            secure.add(TestTargets.target(FileBlockDevice.open(file("lun.img", random(10)), false))
                    .withRequiredPrincipal("agent-one"));
            String url = "iscsis://127.0.0.1:" + secure.tlsPort() + "/" + TestTargets.IQN + "/0";
            Path source = file("source.img", random(2 << 20));
            Path back = directory.resolve("back.img");
            assertThat(run(withTls("agent-one", "copy", "--digests", "--depth", "4", source.toString(), url)))
                    .as(err.toString())
                    .isZero();
            assertThat(run(withTls("agent-one", "copy", "--quiet", url, back.toString())))
                    .as(err.toString())
                    .isZero();
            assertThat(Files.mismatch(source, back)).isEqualTo(-1);
            assertThat(run(withTls("agent-one", "ls", url.substring(0, url.lastIndexOf('/')))))
                    .isZero();
            assertThat(run(withTls("agent-one", "inquiry", url))).isZero();
            assertThat(out.toString()).contains("SERIAL-0");

            assertThat(run(withTls("stranger", "ls", "--reconnect", "0", url))).isEqualTo(1);
            assertThat(run("ls", url)).isEqualTo(1);
            assertThat(err.toString()).contains("needs --tls-cert, --tls-key and --tls-ca");
            assertThat(run("ls", url, "--tls-cert", source.toString())).isEqualTo(1);
            assertThat(err.toString()).contains("needs all of");
            Path key = pem("agent-one", "key");
            assertThat(run(
                            "ls",
                            url,
                            "--tls-cert",
                            key.toString(),
                            "--tls-key",
                            key.toString(),
                            "--tls-ca",
                            key.toString()))
                    .isEqualTo(1);
            assertThat(err.toString()).contains("holds no certificate");
        }
    }

    @Test
    void progress_is_shown_once_a_second() {
        long[] now = {0};
        StringWriter shown = new StringWriter();
        CopyProgress progress = new CopyProgress(new PrintWriter(shown, true), 100L << 20, () -> now[0], false);
        for (int mib = 0; mib <= 100; mib += 10) {
            progress.accept((long) mib << 20);
            now[0] += 400_000_000L;
        }
        progress.done();
        assertThat(shown.toString().lines())
                .containsExactly(
                        " 30 %  30 of 100 MiB  26 MB/s",
                        " 60 %  60 of 100 MiB  26 MB/s", " 90 %  90 of 100 MiB  26 MB/s");
    }

    @Test
    void a_copy_whose_target_goes_away_fails_with_the_reason() throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(SIZE)));
        Path source = file("source.img", random(1000));
        String url = "iscsi://" + portal() + "/" + TestTargets.IQN + "/7";
        assertThat(run("copy", source.toString(), url)).isEqualTo(1);
        assertThat(err.toString()).contains("LUN 7").contains("25/00");
        assertThat(run("copy", directory.resolve("missing.img").toString(), url))
                .isEqualTo(1);
        assertThat(err.toString()).contains("no such file");
    }
}
