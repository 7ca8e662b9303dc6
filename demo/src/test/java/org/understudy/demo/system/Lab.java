package org.understudy.demo.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.connection.ServerAddress;
import org.understudy.agent.enrolment.Enroller;
import org.understudy.agent.enrolment.EnrolmentRequest;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.tls.AgentTls;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.demo.Cleanup;
import org.understudy.demo.process.AgentProcess;
import org.understudy.demo.process.ApiClient;
import org.understudy.demo.process.Await;
import org.understudy.demo.process.ServerProcess;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.SessionConfig;
import tools.jackson.databind.JsonNode;

/**
 * An appliance and hosts as real processes on this machine, with gates in them and cuttable wires between them. Whatever was
 * made is taken down by {@link #close}, also what a killed server left behind.
 */
final class Lab implements AutoCloseable {

    /** Long, since machines that run tests do other things too. */
    static final Duration PATIENCE = Duration.ofMinutes(4);

    private static final Logger log = LoggerFactory.getLogger(Lab.class);
    private static final String PASSWORD = "correct horse battery staple";

    final CommandRunner commands = new ProcessCommandRunner();
    final Path work;
    final Path data;
    final Gate serverGate;
    final Relay control = new Relay();
    final Relay dataWire = new Relay();
    private final String name;
    private final List<String> settings;
    private final Cleanup cleanup = new Cleanup();
    private @Nullable ServerProcess server;
    private ServerProcess.@Nullable Ports ports;
    private @Nullable ApiClient api;

    Lab(String name, String... furtherSettings) throws IOException {
        this.name = name;
        work = Files.createTempDirectory("understudy-" + name + "-").toRealPath();
        data = work.resolve("appliance");
        serverGate = new Gate(work.resolve("server-gate"));
        settings = new ArrayList<>(List.of(
                "--understudy.web.port=0",
                "--understudy.fleet.port=0",
                "--understudy.exports.tls-port=0",
                "--understudy.web.listen=127.0.0.1",
                "--understudy.fleet.listen=127.0.0.1",
                "--understudy.fleet.address=127.0.0.1",
                "--understudy.exports.listen=127.0.0.1",
                "--understudy.fleet.public-port=" + control.port(),
                "--understudy.exports.public-port=" + dataWire.port()));
        settings.addAll(List.of(furtherSettings));
    }

    /** The repository: tests run in a folder of it. */
    static Path home() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("demo/guest/make-guest.sh"))) {
            here = java.util.Objects.requireNonNull(here.getParent());
        }
        return here;
    }

    <T extends AutoCloseable> T register(T resource) {
        return cleanup.register(resource);
    }

    // --- the appliance

    void startServer() throws IOException, InterruptedException {
        ServerProcess started = ServerProcess.start(
                commands,
                List.of(
                        ServerProcess.java(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx512m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dunderstudy.test.gate=" + work.resolve("server-gate"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        GatedServer.class.getName()),
                data,
                settings);
        server = started;
        ServerProcess.Ports found = started.awaitPorts();
        ports = found;
        control.connectTo(found.agent());
        dataWire.connectTo(found.iscsi());
        api = signedIn(found);
    }

    private ApiClient signedIn(ServerProcess.Ports found) throws IOException, InterruptedException {
        ApiClient stranger = ApiClient.connect(found.console(), authority());
        Path codeFile = data.resolve("setup-code");
        if (Files.exists(codeFile)) {
            String code = Files.readString(codeFile, StandardCharsets.UTF_8).strip();
            stranger.post("setup", Map.of("code", code, "user", "admin", "password", PASSWORD));
        }
        return stranger.logIn("admin", PASSWORD);
    }

    Path authority() {
        return data.resolve("identity").resolve("authority.pem");
    }

    ServerProcess server() {
        return java.util.Objects.requireNonNull(server);
    }

    ServerProcess.Ports ports() {
        return java.util.Objects.requireNonNull(ports);
    }

    ApiClient api() {
        return java.util.Objects.requireNonNull(api);
    }

    // --- hosts

    /** An enrolled host with an agent that can be killed and started again. */
    final class Host {

        final String name;
        final Path state;
        final Path truth;
        final Gate gate;
        private final List<String> launch;
        private final List<String> options;
        private @Nullable AgentProcess agent;
        private @Nullable String id;

        private Host(String name, Path image, List<String> options) {
            this.name = name;
            this.options = List.copyOf(options);
            state = work.resolve(name + "-agent");
            truth = work.resolve(name + ".truth");
            gate = new Gate(work.resolve(name + "-gate"));
            launch = List.of(
                    ServerProcess.java(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-Xmx64m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Dunderstudy.test.gate=" + work.resolve(name + "-gate"),
                    "-Dunderstudy.test.disk=" + image,
                    "-Dunderstudy.test.truth=" + truth,
                    "-cp",
                    System.getProperty("java.class.path"),
                    GatedAgent.class.getName());
        }

        String id() {
            return java.util.Objects.requireNonNull(id);
        }

        /** How to start this host's agent. */
        List<String> launch() {
            return launch;
        }

        AgentProcess agent() {
            return java.util.Objects.requireNonNull(agent);
        }

        Identity identity() {
            return StateDirectory.peek(state).orElseThrow();
        }

        SSLContext tls() throws Exception {
            Identity who = identity();
            return AgentTls.mutual(who.privateKey(), who.certificate(), who.authority());
        }

        void startAgent() {
            agent = AgentProcess.start(commands, launch, state, options);
        }

        void restartAgent() throws InterruptedException {
            stopAgent();
            startAgent();
            awaitConnected();
        }

        void stopAgent() {
            if (agent != null) {
                agent.close();
            }
        }

        void awaitConnected() throws InterruptedException {
            Await.until(name + " to be connected", PATIENCE, () -> {
                JsonNode now = api().get("hosts/" + id());
                return now.get("connected").asBoolean() && !now.get("facts").isNull();
            });
        }

        /**
         * Gives the host a policy of its own, only by hand, with the longest freeze: the copy of the truth is made while file
         * systems are frozen, which takes time that no agent spends otherwise.
         */
        void allowLongFreeze() throws InterruptedException {
            allowFreeze(Duration.ofMinutes(1));
        }

        /** As {@link #allowLongFreeze} with another limit. */
        void allowFreeze(Duration limit) throws InterruptedException {
            JsonNode policy = api().post(
                            "policies",
                            Map.of(
                                    "name",
                                    "freeze of " + name,
                                    "retention",
                                    Map.of(
                                            "last", 100, "hourly", 0, "daily", 0, "weekly", 0, "monthly", 0, "yearly",
                                            0),
                                    "objectiveSeconds",
                                    86_400,
                                    "zone",
                                    "UTC",
                                    "freezeLimitMillis",
                                    limit.toMillis(),
                                    "scripts",
                                    true,
                                    "verifyAfterRun",
                                    false));
            api().patch("hosts/" + id(), Map.of("policyId", policy.get("id").asString()));
        }

        Path image(String point) {
            return data.resolve("pool/understudy")
                    .resolve(id())
                    .resolve("points")
                    .resolve(point)
                    .resolve("disk0.raw");
        }

        // --- runs

        String startRun() throws InterruptedException {
            return api().post("hosts/" + id() + "/runs", null).get("id").asString();
        }

        JsonNode backUp() throws InterruptedException {
            JsonNode ended = awaitEnd(startRun());
            assertThat(ended.get("state").asString())
                    .as("outcome of run " + ended)
                    .isEqualTo("DONE");
            return ended;
        }

        /** A run from here to its good end, with an image that is what the disk was while it was frozen. */
        JsonNode backUpAndCompare() throws InterruptedException, IOException {
            Files.deleteIfExists(truth);
            JsonNode run = backUp();
            String point = run.get("pointId").asString();
            JsonNode made = api().get("points/" + point);
            assertThat(made.get("consistency").asString())
                    .as(made.get("consistencyReason").asString())
                    .isEqualTo("FILE_SYSTEM");
            assertThat(DiskFiles.differences(truth, image(point)))
                    .as("image of point " + point)
                    .isEmpty();
            return run;
        }

        JsonNode newestRun() throws InterruptedException {
            return api().get("hosts/" + id() + "/runs?limit=1").get(0);
        }

        List<String> points() throws InterruptedException {
            List<String> ids = new ArrayList<>();
            api().get("hosts/" + id() + "/points")
                    .forEach(point -> ids.add(point.get("id").asString()));
            return ids;
        }

        /** Targets that this host could log in to now. */
        int exports() throws Exception {
            InetSocketAddress portal = new InetSocketAddress(InetAddress.getLoopbackAddress(), ports().iscsi());
            return IscsiSession.discover(SessionConfig.of(portal, "iqn.2026-11.org.understudy:any")
                            .withTls(tls())
                            .withTimeout(Duration.ofSeconds(30)))
                    .size();
        }
    }

    Host enrol(String name, LiveDisk disk) throws InterruptedException {
        return enrol(name, disk.device(), disk.image());
    }

    /**
     * Enrols a host whose agent offers one disk; it is connected when this returns.
     *
     * @param image the file below the disk
     */
    Host enrol(String name, Path device, Path image) throws InterruptedException {
        return enrol(name, device, image, List.of());
    }

    /** A host that tracks what is written to its disk. Its agent has no gates and keeps no truth. */
    Host enrolTracked(String name, LiveDisk disk) throws IOException, InterruptedException {
        Path pins = Files.createDirectories(work.resolve(name + "-bpf"));
        commands.run(Command.of("mount", "-t", "bpf", "bpf", pins.toString())).orThrow();
        return enrol(
                name,
                disk.device(),
                disk.image(),
                List.of("--pins", pins.resolve("trackers").toString()));
    }

    /** @param options of the agent's command; with any, it is the agent as it is shipped */
    private Host enrol(String name, Path device, Path image, List<String> options) throws InterruptedException {
        Host host = new Host(name, image, options);
        JsonNode token = api().post("enrolment-tokens", Map.of());
        try (StateDirectory directory = StateDirectory.open(host.state)) {
            EnrolmentRequest request = new EnrolmentRequest(
                    ServerAddress.parse("127.0.0.1:" + control.port()),
                    api().get("appliance").get("fingerprint").asString(),
                    token.get("token").asString(),
                    List.of(device.toString()));
            // All hosts are this machine; the command line would enrol the same host again each time.
            String machineId = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8))
                    .toString()
                    .replace("-", "");
            host.id = new Enroller(directory)
                    .enrol(request, name, machineId, false)
                    .hostId();
        }
        host.startAgent();
        cleanup.register(host::stopAgent);
        host.awaitConnected();
        api().patch("hosts/" + host.id(), Map.of("name", name, "policyId", ""));
        return host;
    }

    JsonNode awaitEnd(String run) throws InterruptedException {
        Await.until(
                "run " + run + " to end",
                PATIENCE,
                () -> api().get("runs/" + run).get("ended").asBoolean());
        return api().get("runs/" + run);
    }

    /** Reads a point back; returns the number of blocks that differ. */
    long mismatches(String point) throws InterruptedException {
        JsonNode before = api().get("points/" + point).get("verification");
        api().post("points/" + point + "/verify", null);
        Await.until("point " + point + " to be verified", PATIENCE, () -> {
            JsonNode now = api().get("points/" + point).get("verification");
            return !now.isNull() && !now.equals(before);
        });
        return api().get("points/" + point)
                .get("verification")
                .get("mismatchCount")
                .asLong();
    }

    /** Mount points below this lab, sorted. */
    List<Path> mounts() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/mounts"), StandardCharsets.UTF_8)) {
            return lines.map(line -> Path.of(line.split(" ", -1)[1]))
                    .filter(mount -> mount.startsWith(work))
                    .sorted()
                    .toList();
        }
    }

    // --- the end

    @Override
    public void close() {
        cleanup.close();
        try (control;
                dataWire) {
            if (server != null) {
                server.close();
            }
            keepLogs();
            removeLeftovers();
        } catch (IOException | InterruptedException e) {
            log.warn("cleaning up {} failed: {}", work, e.toString());
        }
    }

    /** Logs outlive the lab, for whoever has to find out why a test failed. */
    private void keepLogs() throws IOException {
        Path kept = Files.createDirectories(Path.of("target", "system-logs", name));
        try (Stream<Path> files = Files.list(work)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".log")).toList()) {
                Files.copy(file, kept.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** What a server leaves that was killed and never started again: its database, the pool's mount and loop device. */
    private void removeLeftovers() throws IOException, InterruptedException {
        Path pidFile = data.resolve("postgres");
        if (Files.isDirectory(pidFile)) {
            try (Stream<Path> files = Files.walk(pidFile, 3)) {
                Optional<Path> file =
                        files.filter(path -> path.endsWith("postmaster.pid")).findFirst();
                if (file.isPresent()) {
                    long pid =
                            Long.parseLong(Files.readAllLines(file.get()).get(0).strip());
                    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
                    Await.until(
                            "the database to end",
                            Duration.ofSeconds(30),
                            () -> ProcessHandle.of(pid).isEmpty());
                }
            } catch (UncheckedIOException e) {
                log.debug("the database directory changed meanwhile: {}", e.toString());
            }
        }
        for (Path mount : mounts()) {
            commands.run(Command.of("umount", mount.toString()));
        }
        String loops = commands.run(Command.of("losetup", "--noheadings", "--output", "NAME,BACK-FILE"))
                .output();
        for (String line : loops.split("\n", -1)) {
            if (line.contains(work + "/")) {
                commands.run(Command.of("losetup", "--detach", line.strip().split(" +", -1)[0]));
            }
        }
        if (mounts().isEmpty()) {
            commands.run(Command.of("rm", "-rf", "--one-file-system", work.toString()));
        }
    }
}
