package org.understudy.demo.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.demo.Cleanup;
import org.understudy.demo.process.Await;
import org.understudy.demo.process.EmbeddedAppliance;
import tools.jackson.databind.JsonNode;

/**
 * The one line of the console on a host without Java: it installs, enrols and backs up, and refuses whatever is not this
 * appliance. Then the footprint of what was installed.
 */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class InstallationTest {

    private static final Logger log = LoggerFactory.getLogger(InstallationTest.class);
    private static final String VERSION = "0.1.0~test1";
    private static final String NEWER = "0.1.0~test2";
    private static final long SEED = 43;
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final long IDLE_LIMIT_KIB = 64 << 10;
    private static final long RUNNING_LIMIT_KIB = 100 << 10;

    /** Writes the list of classes for the archive anew instead of only testing. */
    private static final boolean RECORD = Boolean.getBoolean("understudy.record-classes");

    private static final String RECORDING = " -XX:DumpLoadedClassList=/var/tmp/classes";

    private final CommandRunner commands = new ProcessCommandRunner();
    private final Cleanup cleanup = new Cleanup();

    @SuppressWarnings("NullAway.Init")
    private Path work;

    @SuppressWarnings("NullAway.Init")
    private Path packages;

    @SuppressWarnings("NullAway.Init")
    private Path deb;

    @SuppressWarnings("NullAway.Init")
    private EmbeddedAppliance appliance;

    @SuppressWarnings("NullAway.Init")
    private HostTree host;

    @SuppressWarnings("NullAway.Init")
    private String disk;

    @BeforeAll
    void begin() throws Exception {
        work = Files.createTempDirectory("understudy-installation-").toRealPath();
        cleanup.register(() -> commands.run(Command.of("rm", "-rf", work.toString())));
        packages = Files.createDirectory(work.resolve("packages"));
        deb = AgentPackagesBuilt.build(commands, packages, "deb", VERSION);
        appliance = EmbeddedAppliance.start(
                commands,
                cleanup,
                AgentPackagesBuilt.home(),
                work,
                List.of("--understudy.fleet.agent-packages=" + packages, "--understudy.fleet.runs-on-request=2"));
        host = cleanup.register(HostTree.make(commands, work.resolve("host"), new Random(SEED)));
        disk = liveDisk();
    }

    @AfterAll
    void clean() {
        cleanup.close();
    }

    /** An ext4 on a loop device, mounted on the host, with data. */
    private String liveDisk() throws Exception {
        Path image = work.resolve("disk.img");
        run("truncate", "-s", "256M", image.toString());
        run("mkfs.ext4", "-q", image.toString());
        String device = run("losetup", "-f", "--show", image.toString()).strip();
        cleanup.register(() -> commands.run(Command.of("losetup", "-d", device)));
        Path mounted = Files.createDirectories(host.file("/mnt/disk"));
        run("mount", device, mounted.toString());
        cleanup.register(() -> commands.run(Command.of("umount", "-l", mounted.toString())));
        byte[] data = new byte[60 << 20];
        new Random(SEED).nextBytes(data);
        Files.write(mounted.resolve("data"), data);
        return device;
    }

    private String run(String... argv) {
        return commands.run(Command.of(argv)).orThrow().output();
    }

    private String line() throws InterruptedException {
        JsonNode issued = appliance.api().post("enrolment-tokens", Map.of());
        return issued.get("install").asString() + " --device " + disk;
    }

    private void assertNothingInstalled(CommandResult result, String... said) {
        assertThat(result.output() + result.errorOutput()).contains(said);
        assertThat(host.file("/usr/bin/understudy-agent")).doesNotExist();
    }

    @Test
    @Order(1)
    void aLineWithAnotherFingerprintIsRefusedBeforeAnythingIsFetched() throws Exception {
        String wrong = line().replaceFirst("--fingerprint [0-9a-f]{64}", "--fingerprint " + "0f".repeat(32));
        CommandResult result = host.paste(wrong);
        assertThat(result.exitStatus()).isEqualTo(1);
        assertNothingInstalled(result, "not the appliance of the line that you copied", "do not go on");
    }

    @Test
    @Order(2)
    void aMachineWithAnotherKeyIsNotEvenListenedTo() throws Exception {
        String wrong = line().replaceFirst("sha256//[^']+", "sha256//" + "A".repeat(43) + "=");
        assertNothingInstalled(host.paste(wrong), "pinned");
    }

    @Test
    @Order(3)
    void aPackageThatIsNotTheOneOfTheScriptIsNotInstalled() throws Exception {
        String line = line();
        String[] parts = line.split(" \\| ", -1);
        host.paste(parts[0] + " >/var/tmp/script").orThrow();
        String script = Files.readString(host.file("/var/tmp/script"));
        Files.writeString(
                host.file("/var/tmp/script"),
                script.replaceFirst("deb amd64 (\\S+) [0-9a-f]{64}", "deb amd64 $1 " + "0".repeat(64)));
        CommandResult result = host.paste(parts[1].replaceFirst("^sh -s --", "sh /var/tmp/script"));
        assertThat(result.exitStatus()).isEqualTo(1);
        assertNothingInstalled(result, "not the appliance's", "0000");
    }

    @Test
    @Order(4)
    void halfAScriptDoesNothing() throws Exception {
        String[] parts = line().split(" \\| ", -1);
        CommandResult result = host.paste(parts[0] + " | head -c 6000 | " + parts[1]);
        assertNothingInstalled(result, "");
    }

    @Test
    @Order(5)
    void aLineWithStrangeCharactersIsRefused() throws Exception {
        CommandResult result = host.paste(line() + " --server 'x;touch /var/tmp/hacked'");
        assertThat(result.exitStatus()).isEqualTo(1);
        assertNothingInstalled(result, "characters that do not belong there");
        assertThat(host.file("/var/tmp/hacked")).doesNotExist();
    }

    @Test
    @Order(6)
    void aTokenThatIsNoneLeavesAnAgentThatIsNotEnrolledAndSaysWhy() throws Exception {
        // Without curl and openssl.
        host.remove("/usr/bin/curl", "/usr/bin/openssl");
        String line = line().replaceFirst("--token \\S+", "--token " + "x".repeat(43))
                .replaceFirst("curl -fsSk --pinnedpubkey", "wget -qO- --no-check-certificate --pinnedpubkey");
        CommandResult result = host.paste(line.replaceFirst("--pinnedpubkey ", "--pinnedpubkey="));
        assertThat(result.exitStatus()).isEqualTo(1);
        assertThat(result.errorOutput()).contains("could not be enrolled", "make a new token");
        assertThat(host.file("/usr/bin/understudy-agent")).exists();
        assertThat(host.file("/var/lib/understudy-agent/identity.json")).doesNotExist();
    }

    @Test
    @Order(7)
    void theLineInstallsAndEnrols() throws Exception {
        Files.copy(
                Path.of("/usr/bin/curl"), host.file("/usr/bin/curl"), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        CommandResult result =
                host.paste(line().replaceFirst("\\| sh ", "| busybox sh ")).orThrow();
        assertThat(result.output()).contains("is enrolled with the appliance at", "systemd does not run here");
        assertThat(appliance.api().get("hosts").size()).isEqualTo(1);
        CommandResult status = host.call("understudy-agent", "status");
        assertThat(status.exitStatus()).isEqualTo(1);
        assertThat(status.output()).contains("not running").contains("not connected");
        assertThat(host.call("understudy-agent", "backup-now").errorOutput()).contains("not connected");
    }

    @Test
    @Order(8)
    void theInstalledAgentBacksUpWhenItIsAskedToAndStaysSmall() throws Exception {
        RunningProcess agent = host.start(
                work.resolve("agent.log"),
                "env",
                "UNDERSTUDY_JAVA_OPTIONS=-Dunderstudy.agent.idle-seconds=2" + (RECORD ? RECORDING : ""),
                "understudy-agent",
                "run");
        cleanup.register(agent);
        Await.until(
                "the agent to be connected",
                PATIENCE,
                () -> host.call("understudy-agent", "status").succeeded());
        long connected = memory(agent.pid(), "VmRSS");
        Await.until("the agent to be small", PATIENCE, () -> memory(agent.pid(), "VmRSS") < IDLE_LIMIT_KIB);
        long idle = memory(agent.pid(), "VmRSS");
        CommandResult backup = host.call("understudy-agent", "backup-now").orThrow();
        assertThat(backup.output()).contains("has begun").containsPattern("Point [0-9a-f-]{36} is made");
        long peak = memory(agent.pid(), "VmHWM");
        assertThat(host.call("understudy-agent", "status").orThrow().output())
                .contains("last run", "DONE", "running, connected");
        log.info("resident: connected {} KiB, idle {} KiB, peak while running {} KiB", connected, idle, peak);
        assertThat(peak).isLessThan(RUNNING_LIMIT_KIB);
        long watchdogs = ProcessHandle.of(agent.pid()).orElseThrow().children().count();
        Await.until("the agent to be small again", PATIENCE, () -> residentWithChildren(agent.pid()) < IDLE_LIMIT_KIB);
        log.info("resident again: {} KiB; helpers while running: {}", residentWithChildren(agent.pid()), watchdogs);
        host.call("understudy-agent", "backup-now").orThrow();
        assertThat(host.call("understudy-agent", "backup-now").errorOutput())
                .contains("as many as it may", "runs-on-request");
        if (RECORD) {
            agent.close();
            Files.copy(
                    host.file("/var/tmp/classes"),
                    AgentPackagesBuilt.home().resolve("deploy/packages/classes"),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @Test
    @Order(9)
    void theSameLineAgainChangesNothingAndANewerPackageIsInstalledWithoutAToken() throws Exception {
        Assumptions.assumeFalse(RECORD, "the agent was ended for its list of classes");
        assertThat(host.paste(line()).orThrow().output()).contains("installed already", "enrolled already");
        AgentPackagesBuilt.renamed(commands, deb, work, VERSION, NEWER);
        String upgrade = line().replaceFirst(" --token \\S+", "");
        assertThat(host.paste(upgrade).orThrow().output()).contains("Installing");
        assertThat(host.call("understudy-agent", "--version").output()).contains(NEWER);
        assertThat(host.call("understudy-agent", "status").orThrow().output()).contains("DONE");
    }

    private static long residentWithChildren(long pid) {
        try {
            long all = memory(pid, "VmRSS");
            for (ProcessHandle child :
                    ProcessHandle.of(pid).orElseThrow().children().toList()) {
                all += memory(child.pid(), "VmRSS");
            }
            return all;
        } catch (java.io.IOException e) {
            // A child that ended in this moment is looked for again.
            return Long.MAX_VALUE;
        }
    }

    private static long memory(long pid, String field) throws java.io.IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"), StandardCharsets.UTF_8)) {
            if (line.startsWith(field + ":")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IllegalStateException("no " + field);
    }
}
