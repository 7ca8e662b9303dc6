package org.understudy.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;

/**
 * A small Linux boots from our target through QEMU's own iSCSI driver, with CHAP, writes to its disk and shuts down; what it
 * says that it wrote is what the disk holds. The disk is that of the demonstration: boot loader, kernel, busybox, ext4.
 */
@Tag("platform")
@Timeout(300)
class QemuBootPlatformTest {

    private static final String PARTITION = "?offset=1048576";
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(6);
    private static final Pattern SUM = Pattern.compile("([0-9a-f]{64})  /srv/data/(\\w+)");

    @TempDir
    private Path directory;

    private final ProcessCommandRunner commands = new ProcessCommandRunner();

    @Test
    void a_guest_boots_from_the_target_writes_and_finds_it_again() throws IOException, NoSuchAlgorithmException {
        Path disk = directory.resolve("guest.img");
        commands.run(Command.of("bash", script().toString(), disk.toString()).withStallLimit(Duration.ofMinutes(3)))
                .orThrow();
        String blob = sum(fileOf(disk, "/srv/data/blob"));

        String first = session(
                disk,
                "dd if=/dev/urandom of=/srv/data/fresh bs=64k count=512 && sync && cd / && sha256sum /srv/data/*");
        assertThat(sums(first, "blob")).isEqualTo(blob);
        assertThat(sums(first, "fresh")).isEqualTo(sum(fileOf(disk, "/srv/data/fresh")));
        assertThat(new String(fileOf(disk, "/var/lib/app/boots"), StandardCharsets.UTF_8).strip())
                .isEqualTo("1");

        String second = session(disk, "sha256sum /srv/data/*");
        assertThat(sums(second, "fresh")).isEqualTo(sums(first, "fresh"));
        assertThat(new String(fileOf(disk, "/var/lib/app/boots"), StandardCharsets.UTF_8).strip())
                .isEqualTo("2");
        commands.run(Command.of("e2fsck", "-fn", disk + PARTITION)).orThrow();
    }

    /** Boots, runs a command in the shell on the serial line, shuts down; returns what came over the serial line. */
    private String session(Path disk, String command) throws IOException {
        Path console = directory.resolve("console-" + Math.abs(command.hashCode()) + ".log");
        int serial = freePort();
        int monitor = freePort();
        try (IscsiTargetServer server = TestTargets.plainServer()) {
            server.add(TargetDefinition.open(
                            TestTargets.IQN, new LunDefinition(0, FileBlockDevice.open(disk, false), "GUEST"))
                    .withChap(new ChapCredentials("guest", "a-long-secret-1")));
            String url = "iscsi://guest%a-long-secret-1@127.0.0.1:" + server.plainPort() + "/" + TestTargets.IQN + "/0";
            Command qemu = Command.of(
                    "qemu-system-x86_64",
                    "-accel",
                    "tcg",
                    "-m",
                    "256",
                    "-nodefaults",
                    "-no-user-config",
                    "-display",
                    "none",
                    "-chardev",
                    "socket,id=s,host=127.0.0.1,port=" + serial + ",server=on,wait=off,logfile=" + console,
                    "-serial",
                    "chardev:s",
                    "-monitor",
                    "tcp:127.0.0.1:" + monitor + ",server=on,wait=off",
                    "-drive",
                    "file=" + url + ",format=raw,if=virtio,cache=none");
            try (RunningProcess guest = commands.start(qemu, directory.resolve("qemu.log"))) {
                awaitOutput(console, " ready, uptime");
                try (Socket line = new Socket(InetAddress.getLoopbackAddress(), serial)) {
                    awaitShell(line, console);
                    type(line, command + "; echo do''ne");
                    awaitOutput(console, "done");
                }
                try (Socket line = new Socket(InetAddress.getLoopbackAddress(), monitor)) {
                    type(line, "system_powerdown");
                    assertThat(guest.awaitExit(BOOT_LIMIT))
                            .as("the guest shuts down")
                            .isTrue();
                }
                assertThat(guest.exitStatus()).isZero();
            }
        }
        return Files.readString(console, StandardCharsets.ISO_8859_1);
    }

    /** A log-in program throws away what was typed before it started, so a greeting is typed until it is answered. */
    private static void awaitShell(Socket line, Path console) {
        await("a shell on the console")
                .atMost(BOOT_LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    type(line, "echo shell-is-he''re");
                    return Files.readString(console, StandardCharsets.ISO_8859_1)
                            .contains("shell-is-here");
                });
    }

    private static void type(Socket line, String text) throws IOException {
        OutputStream keys = line.getOutputStream();
        keys.write((text + "\n").getBytes(StandardCharsets.US_ASCII));
        keys.flush();
    }

    private static void awaitOutput(Path console, String text) {
        await("'" + text + "' on the console")
                .atMost(BOOT_LIMIT)
                .pollInterval(Duration.ofMillis(250))
                .until(() -> Files.exists(console)
                        && Files.readString(console, StandardCharsets.ISO_8859_1)
                                .contains(text));
    }

    private static String sums(String console, String file) {
        Matcher matcher = SUM.matcher(console);
        while (matcher.find()) {
            if (matcher.group(2).equals(file)) {
                return matcher.group(1);
            }
        }
        throw new AssertionError("no sum of " + file + " on the console:\n" + console);
    }

    /** A file inside the file system of the disk, read without mounting it. */
    private byte[] fileOf(Path disk, String name) throws IOException {
        Path copy = Files.createTempFile(directory, "file", null);
        commands.run(Command.of("debugfs", "-R", "dump " + name + " " + copy, disk + PARTITION))
                .orThrow();
        return Files.readAllBytes(copy);
    }

    private static String sum(byte[] content) throws NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    private static Path script() {
        for (Path here = Path.of("").toAbsolutePath(); here != null; here = here.getParent()) {
            Path script = here.resolve("demo/guest/make-guest.sh");
            if (Files.exists(script)) {
                return script;
            }
        }
        throw new IllegalStateException("the repository is not above the working directory");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
