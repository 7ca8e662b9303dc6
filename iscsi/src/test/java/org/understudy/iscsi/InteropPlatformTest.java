package org.understudy.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.initiator.DiscoveredTarget;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.TargetDefinition;

/** Both sides against other people's: libiscsi's tools and QEMU as initiators, tgt as target; data compared each way. */
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
    void our_initiator_uses_tgt() throws IOException {
        Path lun = disk("tgt.img");
        int port = freePort();
        int control = 1000 + new Random().nextInt(30000);
        Command daemon =
                Command.of("tgtd", "-f", "-C", Integer.toString(control), "--iscsi", "portal=127.0.0.1:" + port);
        RunningProcess tgtd = commands.start(daemon, directory.resolve("tgtd.log"));
        try {
            await().atMost(Duration.ofSeconds(20)).until(() -> listens(port));
            tgtadm(control, "--op", "new", "--mode", "target", "--tid", "1", "-T", TestTargets.IQN);
            tgtadm(control, "--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1", "-b", lun.toString());
            tgtadm(control, "--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL");
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            SessionConfig config = SessionConfig.of(address, TestTargets.IQN);

            assertThat(IscsiSession.discover(config))
                    .extracting(DiscoveredTarget::iqn)
                    .containsExactly(TestTargets.IQN);
            exchange(config, lun);
            for (String digest : List.of("HeaderDigest", "DataDigest")) {
                tgtadm(control, "--op", "update", "--mode", "target", "--tid", "1", "-n", digest, "-v", "CRC32C");
            }
            exchange(config.withDigests(true, true).withQueueDepth(3), lun);
        } finally {
            tgtd.close();
        }
    }

    private void exchange(SessionConfig config, Path lun) throws IOException {
        byte[] content = new byte[16 << 20];
        new Random(config.queueDepth()).nextBytes(content);
        try (IscsiSession session = IscsiSession.login(config)) {
            assertThat(session.luns()).contains(1);
            RemoteDisk disk = session.disk(1);
            assertThat(disk.sizeBytes()).isEqualTo(SIZE);
            List<CompletableFuture<Void>> writes = new ArrayList<>();
            for (int offset = 0; offset < content.length; offset += 1 << 19) {
                writes.add(disk.writeAsync(4096 + offset, ByteBuffer.wrap(content, offset, 1 << 19)));
            }
            writes.forEach(CompletableFuture::join);
            disk.flush();
            ByteBuffer back = ByteBuffer.allocate(content.length);
            disk.read(4096, back);
            assertThat(back.array()).isEqualTo(content);
        }
        try (RandomAccessFile file = new RandomAccessFile(lun.toFile(), "r")) {
            byte[] stored = new byte[content.length];
            file.seek(4096);
            file.readFully(stored);
            assertThat(stored).isEqualTo(content);
        }
    }

    private void tgtadm(int control, String... arguments) {
        commands.run(Command.of("tgtadm", "-C", Integer.toString(control), "--lld", "iscsi")
                        .and(arguments))
                .orThrow();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
