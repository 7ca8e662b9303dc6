package org.understudy.lab.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;

/** Our initiator uses the kernel's target. */
@Tag("iscsi")
class KernelTargetLab {

    private static final String IQN = "iqn.2026-11.org.understudy:lio";
    private static final String INITIATOR = "iqn.2026-11.org.understudy:lab-initiator";
    private static final int PORT = 3291;
    private static final long SIZE = 64L << 20;
    private static final long SMALL = 16L << 20;

    private final ProcessCommandRunner commands = new ProcessCommandRunner();

    @TempDir
    private Path directory;

    private LioTarget kernelTarget(Path file) throws IOException {
        return LioTarget.start(commands, IQN, PORT, file, INITIATOR, "lab", "a-long-secret-1");
    }

    @Test
    void a_copy_to_the_kernels_target_and_back_is_the_same(TestReporter reporter) throws IOException {
        Path source = Disks.patterned(directory.resolve("source.img"), SIZE, System.nanoTime());
        Path lun = Disks.empty(directory.resolve("lun.img"), SIZE);
        Path back = directory.resolve("back.img");
        try (LioTarget target = kernelTarget(lun)) {
            reporter.publishEntry(
                    "to",
                    copy(source.toString(), url("a-long-secret-1"))
                            .orThrow()
                            .output()
                            .strip());
            assertThat(Files.mismatch(source, lun)).isEqualTo(-1);
            reporter.publishEntry(
                    "from",
                    copy(url("a-long-secret-1"), back.toString())
                            .orThrow()
                            .output()
                            .strip());
            assertThat(target.sessions()).as("sessions left behind").isEmpty();
        }
        assertThat(Files.mismatch(source, back)).isEqualTo(-1);
    }

    @Test
    void the_kernels_target_refuses_a_wrong_secret_and_says_so_through_our_tool() throws IOException {
        Path lun = Disks.empty(directory.resolve("lun.img"), SIZE);
        Path source = Disks.patterned(directory.resolve("source.img"), SIZE, 3);
        try (LioTarget target = kernelTarget(lun)) {
            CommandResult refused = copy(source.toString(), url("not-the-secret-3"));
            assertThat(refused.succeeded()).isFalse();
            assertThat(refused.errorOutput().toLowerCase(Locale.ROOT))
                    .contains("0x0201")
                    .doesNotContain("exception");
            assertThat(target.sessions()).isEmpty();
        }
        assertThat(FileTree.digest(lun))
                .isEqualTo(FileTree.digest(Disks.empty(directory.resolve("untouched.img"), SIZE)));
    }

    @Test
    void digests_and_small_bursts_carry_the_same_data() throws IOException {
        Path source = Disks.patterned(directory.resolve("source.img"), SMALL, System.nanoTime());
        Path lun = Disks.empty(directory.resolve("lun.img"), SMALL);
        try (LioTarget target = kernelTarget(lun)) {
            target.parameter("HeaderDigest", "CRC32C");
            target.parameter("DataDigest", "CRC32C");
            target.parameter("MaxBurstLength", "16384");
            target.parameter("FirstBurstLength", "4096");
            target.parameter("MaxRecvDataSegmentLength", "4096");
            target.parameter("ImmediateData", "No");
            target.parameter("InitialR2T", "Yes");
            try (IscsiSession session = IscsiSession.login(config().withDigests(true, true));
                    FileChannel from = FileChannel.open(source)) {
                RemoteDisk disk = session.disk(0);
                ByteBuffer all = ByteBuffer.allocateDirect((int) SMALL);
                while (all.hasRemaining()) {
                    assertThat(from.read(all)).isPositive();
                }
                disk.write(0, all.flip());
                disk.flush();
                ByteBuffer back = ByteBuffer.allocateDirect((int) SMALL);
                disk.read(0, back);
                assertThat(back.flip()).isEqualTo(all.rewind());
            }
        }
        assertThat(Files.mismatch(source, lun)).isEqualTo(-1);
    }

    @Test
    void unmapped_ranges_become_holes_in_the_kernels_file() throws IOException {
        Path lun = Disks.patterned(directory.resolve("lun.img"), SIZE, 5);
        long before = allocated(lun);
        try (LioTarget target = kernelTarget(lun);
                IscsiSession session = IscsiSession.login(config())) {
            assertThat(target.sessions()).contains(INITIATOR);
            RemoteDisk disk = session.disk(0);
            disk.unmap(0, 4 << 20);
            disk.flush();
        }
        assertThat(before - allocated(lun)).isGreaterThanOrEqualTo(4L << 20);
    }

    private static SessionConfig config() {
        return SessionConfig.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT), IQN)
                .withInitiatorName(INITIATOR)
                .withChap(new ChapCredentials("lab", "a-long-secret-1"));
    }

    private long allocated(Path file) {
        return Long.parseLong(commands.run(Command.of("stat", "--format=%b", file.toString()))
                        .orThrow()
                        .output()
                        .strip())
                * 512;
    }

    private CommandResult copy(String from, String to) {
        return commands.run(TargetProcess.ourCommand("copy", "--initiator", INITIATOR, from, to));
    }

    private static String url(String secret) {
        return "iscsi://lab%" + secret + "@127.0.0.1:" + PORT + "/" + IQN + "/0";
    }
}
