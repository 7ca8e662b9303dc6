package org.understudy.demo.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.demo.Cleanup;

/** What is in the packages, and that they come, work and go on a host that has no Java. */
@Tag("platform")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PackagesPlatformTest {

    private static final String VERSION = "0.1.0~test1";
    private static final long SEED = 41;

    private final CommandRunner commands = new ProcessCommandRunner();
    private final Cleanup cleanup = new Cleanup();

    @SuppressWarnings("NullAway.Init")
    private Path work;

    @SuppressWarnings("NullAway.Init")
    private Path deb;

    @BeforeAll
    void build() throws Exception {
        work = Files.createTempDirectory("understudy-packages-").toRealPath();
        cleanup.register(() -> commands.run(Command.of("rm", "-rf", work.toString())));
        deb = AgentPackagesBuilt.build(commands, work, "deb", VERSION);
    }

    @AfterAll
    void clean() {
        cleanup.close();
    }

    private List<String> lines(String... argv) {
        return Arrays.asList(commands.run(Command.of(argv)).orThrow().output().split("\n", -1));
    }

    @Test
    void theDebHoldsProgramRuntimeUnitsManualAndAConfigurationFile() {
        List<String> files = lines("dpkg-deb", "-c", deb.toString());
        for (String wanted : List.of(
                "./usr/bin/understudy-agent",
                "./usr/lib/understudy-agent/runtime/bin/java",
                "./usr/lib/understudy-agent/runtime/lib/modules",
                "./usr/lib/understudy-agent/agent.jar",
                "./usr/lib/understudy-agent/agent.jsa",
                "./usr/lib/understudy-agent/native/libjnidispatch.so",
                "./usr/lib/systemd/system/understudy-agent.service",
                "./usr/lib/systemd/system/understudy-agent-tracking.service",
                "./usr/share/man/man8/understudy-agent.8.gz",
                "./usr/share/doc/understudy-agent/copyright",
                "./etc/understudy-agent/environment")) {
            assertThat(files).as(wanted).anyMatch(line -> line.endsWith(" " + wanted));
        }
        assertThat(files).allMatch(line -> line.isEmpty() || line.contains(" root/root "));
        assertThat(files).noneMatch(line -> line.contains("/javac") || line.contains("jspecify"));
        assertThat(lines("dpkg-deb", "-f", deb.toString(), "Version")).contains(VERSION);
    }

    @Test
    void itIsSmallerThanFiftyMegabytes() throws Exception {
        assertThat(Files.size(deb)).isLessThan(50L << 20);
    }

    @Test
    void theSameSourcesGiveTheSameBytes() throws Exception {
        Path again = AgentPackagesBuilt.build(commands, Files.createDirectory(work.resolve("again")), "deb", VERSION);
        assertThat(differences(deb, again)).isEmpty();
    }

    /** Files that differ. Not compared: the archive of classes, which is suspected to differ at times, and the list of sums. */
    private String differences(Path one, Path other) {
        Path first = work.resolve("first");
        Path second = work.resolve("second");
        commands.run(Command.of("dpkg-deb", "-R", one.toString(), first.toString()))
                .orThrow();
        commands.run(Command.of("dpkg-deb", "-R", other.toString(), second.toString()))
                .orThrow();
        return commands.run(Command.of(
                        "diff", "-rq", "--exclude=agent.jsa", "--exclude=md5sums", first.toString(), second.toString()))
                .output();
    }

    @Test
    void theRpmHoldsTheSameFiles() throws Exception {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/rpmbuild")), "rpmbuild is not here (Debian package rpm)");
        Path rpm = AgentPackagesBuilt.build(commands, Files.createDirectory(work.resolve("rpm")), "rpm", VERSION);
        List<String> files = lines("rpm", "-qpl", rpm.toString());
        assertThat(files)
                .contains(
                        "/usr/bin/understudy-agent",
                        "/usr/lib/understudy-agent/runtime/bin/java",
                        "/usr/lib/understudy-agent/agent.jsa",
                        "/usr/lib/systemd/system/understudy-agent.service",
                        "/etc/understudy-agent/environment",
                        "/var/lib/understudy-agent");
        assertThat(lines("rpm", "-qp", "--requires", rpm.toString())).noneMatch(line -> line.contains("java"));
        assertThat(lines("rpm", "-qpc", rpm.toString())).contains("/etc/understudy-agent/environment");
    }

    @Test
    void itIsInstalledUpgradedRemovedAndPurgedOnAHostWithoutJava() throws Exception {
        try (HostTree host = HostTree.make(commands, work.resolve("host"), new Random(SEED))) {
            assertThat(host.call("sh", "-c", "command -v java").exitStatus()).isNotZero();
            Files.copy(deb, host.file("/var/tmp/agent.deb"));
            host.call("dpkg", "-i", "/var/tmp/agent.deb").orThrow();

            assertThat(host.call("understudy-agent", "--version").orThrow().output())
                    .contains("understudy-agent " + VERSION);
            CommandResult status = host.call("understudy-agent", "status");
            assertThat(status.exitStatus()).isEqualTo(1);
            assertThat(status.errorOutput()).contains("not enrolled").contains("Add a host");
            CommandResult tracked = host.call("understudy-agent", "selftest").orThrow();
            assertThat(tracked.output()).contains("Changes can be tracked on this host.");
            assertThat(tracked.errorOutput()).isEmpty();
            assertThat(host.call("understudy-agent", "backup-now").errorOutput())
                    .contains("not enrolled");

            Files.writeString(host.file("/etc/understudy-agent/environment"), "UNDERSTUDY_LOG_LEVEL=WARN\n");
            Files.writeString(host.file("/var/lib/understudy-agent/kept"), "state\n");
            Path newer = AgentPackagesBuilt.renamed(commands, deb, work, VERSION, "0.1.0~test2");
            Files.copy(newer, host.file("/var/tmp/newer.deb"));
            host.call("dpkg", "-i", "/var/tmp/newer.deb").orThrow();
            assertThat(host.call("understudy-agent", "--version").output()).contains("0.1.0~test2");
            assertThat(Files.readString(host.file("/etc/understudy-agent/environment")))
                    .contains("WARN");

            host.call("dpkg", "-r", "understudy-agent").orThrow();
            assertThat(host.file("/usr/lib/understudy-agent")).doesNotExist();
            assertThat(host.file("/var/lib/understudy-agent/kept")).exists();
            host.call("dpkg", "-P", "understudy-agent").orThrow();
            assertThat(host.file("/var/lib/understudy-agent")).doesNotExist();
            assertThat(host.file("/etc/understudy-agent")).doesNotExist();
        }
    }

    @Test
    void anUpgradeKeepsTrackersAndARemovalEndsThem() throws Exception {
        Path image = work.resolve("disk.img");
        commands.run(Command.of("truncate", "-s", "64M", image.toString())).orThrow();
        String device = commands.run(Command.of("losetup", "-f", "--show", image.toString()))
                .orThrow()
                .output()
                .strip();
        cleanup.register(() -> commands.run(Command.of("losetup", "-d", device)));
        try (HostTree host = HostTree.make(commands, work.resolve("tracked"), new Random(SEED + 1))) {
            Files.copy(deb, host.file("/var/tmp/agent.deb"));
            host.call("dpkg", "-i", "/var/tmp/agent.deb").orThrow();
            host.call("understudy-agent", "tracker", "start", device).orThrow();
            host.call("dd", "if=/dev/zero", "of=" + device, "bs=64k", "count=1", "seek=3", "oflag=direct")
                    .orThrow();
            host.call("dpkg", "-i", "/var/tmp/agent.deb").orThrow();
            host.call("dd", "if=/dev/zero", "of=" + device, "bs=64k", "count=1", "seek=9", "oflag=direct")
                    .orThrow();
            assertThat(host.call("understudy-agent", "tracker", "extents", device)
                            .orThrow()
                            .output()
                            .lines())
                    .containsExactly("196608 65536", "589824 65536");
            assertThat(host.file("/sys/fs/bpf/understudy")).isNotEmptyDirectory();
            host.call("dpkg", "-r", "understudy-agent").orThrow();
            Path pins = host.file("/sys/fs/bpf/understudy");
            assertThat(!Files.exists(pins) || pins.toFile().list().length == 0).isTrue();
        }
    }
}
