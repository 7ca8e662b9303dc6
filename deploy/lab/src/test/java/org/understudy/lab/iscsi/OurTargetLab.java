package org.understudy.lab.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;

/** The kernel's initiator uses our target as its disks. */
@Tag("iscsi")
class OurTargetLab {

    private static final String IQN = "iqn.2026-11.org.understudy:lab";
    private static final int PORT = 3290;
    private static final String PORTAL = "127.0.0.1:" + PORT;
    private static final String SECRET = "a-long-secret-1";
    private static final String TARGET_SECRET = "another-secret-2";
    private static final long SIZE = 320L << 20;

    private final ProcessCommandRunner commands = new ProcessCommandRunner();

    @TempDir
    private Path directory;

    private Path mount = Path.of("/nowhere");

    @BeforeEach
    void initiatorRuns() throws IOException {
        run("systemctl", "start", "iscsid");
        mount = Files.createDirectory(directory.resolve("mount"));
    }

    @Test
    void ext4_on_our_target_is_what_the_backing_file_holds(TestReporter reporter) throws IOException {
        fileSystemSurvives(reporter, "ext4", new String[] {"mkfs.ext4", "-q"}, new String[] {"e2fsck", "-fn"});
    }

    @Test
    void xfs_on_our_target_is_what_the_backing_file_holds(TestReporter reporter) throws IOException {
        fileSystemSurvives(reporter, "xfs", new String[] {"mkfs.xfs", "-q"}, new String[] {"xfs_repair", "-n"});
    }

    private void fileSystemSurvives(TestReporter reporter, String type, String[] make, String[] check)
            throws IOException {
        long seed = System.nanoTime();
        Path disk = Disks.empty(directory.resolve("disk.img"), SIZE);
        Map<String, String> written;
        try (TargetProcess target = target(disk.toString());
                OpenIscsi session = node(digests())) {
            session.login().orThrow();
            assertThat(session.negotiated()).contains("HeaderDigest: CRC32C").contains("DataDigest: CRC32C");
            Path device = session.device(0);
            commands.run(Command.of(make).and(device.toString())).orThrow();
            run("mount", "-t", type, device.toString(), mount.toString());
            long started = System.nanoTime();
            try {
                FileTree.write(mount, seed);
                written = FileTree.digests(mount);
            } finally {
                run("umount", mount.toString());
            }
            reporter.publishEntry("writeSeconds", seconds(started));
            commands.run(Command.of(check).and(device.toString())).orThrow();
            session.logout().orThrow();
            assertThat(target.said()).doesNotContain("ERROR").doesNotContain("WARN");
        }
        run("mount", "-o", "loop,ro", "-t", type, disk.toString(), mount.toString());
        try {
            assertThat(FileTree.digests(mount)).as("seed %d", seed).hasSize(120).isEqualTo(written);
        } finally {
            run("umount", mount.toString());
        }
    }

    @Test
    void only_the_right_secrets_open_a_session() {
        Path disk = Disks.empty(directory.resolve("disk.img"), SIZE);
        try (TargetProcess target = target(disk.toString())) {
            assertThat(target.said()).contains(IQN);
            for (String algorithm : new String[] {"MD5", "SHA256"}) {
                Map<String, String> settings = chap();
                settings.put("node.session.auth.chap_algs", algorithm);
                try (OpenIscsi session = node(settings)) {
                    session.set("node.session.auth.password", "not-the-secret-3");
                    assertThat(session.login().exitStatus()).isEqualTo(OpenIscsi.REFUSED);
                    session.set("node.session.auth.password", SECRET);
                    session.set("node.session.auth.password_in", "not-its-secret-4");
                    assertThat(session.login().succeeded())
                            .as("a target that does not know its secret is refused")
                            .isFalse();
                    session.set("node.session.auth.password_in", TARGET_SECRET);
                    session.login().orThrow();
                    assertThat(session.device(0)).exists();
                }
            }
            try (OpenIscsi session = node(Map.of("node.session.auth.authmethod", "None"))) {
                assertThat(session.login().succeeded()).isFalse();
            }
        }
    }

    @Test
    void discarded_blocks_become_holes_and_a_read_only_disk_stays_as_it_is() throws IOException {
        Path disk = Disks.patterned(directory.resolve("disk.img"), SIZE, 1);
        Path locked = Disks.patterned(directory.resolve("locked.img"), SIZE, 2);
        String before = FileTree.digest(locked);
        try (TargetProcess target = target(disk.toString(), locked + ",ro");
                OpenIscsi session = node(chap())) {
            session.login().orThrow();
            long used = allocated(disk);
            run(
                    "blkdiscard",
                    "--offset",
                    "0",
                    "--length",
                    "1048576",
                    session.device(0).toString());
            assertThat(used - allocated(disk)).isGreaterThanOrEqualTo(1L << 20);
            assertThat(run("blockdev", "--getro", session.device(1).toString())
                            .output()
                            .strip())
                    .isEqualTo("1");
            assertThat(commands.run(Command.of("dd", "if=/dev/zero", "of=" + session.device(1), "count=1"))
                            .succeeded())
                    .isFalse();
            assertThat(target.said()).contains(IQN);
        }
        assertThat(FileTree.digest(locked)).isEqualTo(before);
    }

    @Test
    void writes_go_on_after_the_target_crashed_and_came_back(TestReporter reporter) throws IOException {
        long size = 24L << 20;
        Path source = Disks.patterned(directory.resolve("source.img"), size, System.nanoTime());
        Path disk = Disks.empty(directory.resolve("disk.img"), size);
        try (TargetProcess target = target(disk.toString());
                OpenIscsi session = node(digests())) {
            session.login().orThrow();
            Command copy =
                    Command.of("dd", "if=" + source, "of=" + session.device(0), "bs=64K", "oflag=direct", "conv=fsync");
            RunningProcess writer = commands.start(copy, directory.resolve("dd.log"));
            await().atMost(Duration.ofMinutes(1))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> allocated(disk) > 4 << 20);
            target.kill();
            assertThat(writer.isAlive()).as("the write waits for the target").isTrue();
            long started = System.nanoTime();
            target.startAgain();
            assertThat(writer.awaitExit(Duration.ofMinutes(4)))
                    .as("the write ended")
                    .isTrue();
            reporter.publishEntry("secondsFromRestartToLastWrite", seconds(started));
            assertThat(writer.exitStatus())
                    .as(Files.readString(directory.resolve("dd.log")))
                    .isZero();
            session.logout().orThrow();
        }
        assertThat(Files.mismatch(source, disk)).isEqualTo(-1);
    }

    private TargetProcess target(String... luns) {
        String[] options = new String[4 + 2 * luns.length];
        options[0] = "--chap";
        options[1] = "lab:" + SECRET;
        options[2] = "--mutual";
        options[3] = "box:" + TARGET_SECRET;
        for (int i = 0; i < luns.length; i++) {
            options[4 + 2 * i] = "--lun";
            options[5 + 2 * i] = luns[i];
        }
        return TargetProcess.start(commands, directory, PORT, IQN, options);
    }

    private OpenIscsi node(Map<String, String> settings) {
        return OpenIscsi.node(commands, IQN, PORTAL, settings);
    }

    private static Map<String, String> chap() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("node.session.auth.authmethod", "CHAP");
        settings.put("node.session.auth.username", "lab");
        settings.put("node.session.auth.password", SECRET);
        settings.put("node.session.auth.username_in", "box");
        settings.put("node.session.auth.password_in", TARGET_SECRET);
        return settings;
    }

    private static Map<String, String> digests() {
        Map<String, String> settings = chap();
        settings.put("node.conn[0].iscsi.HeaderDigest", "CRC32C");
        settings.put("node.conn[0].iscsi.DataDigest", "CRC32C");
        return settings;
    }

    private long allocated(Path file) {
        return Long.parseLong(
                        run("stat", "--format=%b", file.toString()).output().strip())
                * 512;
    }

    private CommandResult run(String... argv) {
        return commands.run(Command.of(argv)).orThrow();
    }

    private static String seconds(long since) {
        return String.format(java.util.Locale.ROOT, "%.1f", (System.nanoTime() - since) / 1e9);
    }
}
