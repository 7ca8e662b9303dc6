package org.understudy.demo.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.demo.Cleanup;
import tools.jackson.databind.JsonNode;

/** An appliance on embedded defaults with its agents, all as processes of this machine, driven over its public interface. */
public final class EmbeddedAppliance {

    private static final Duration RUN_LIMIT = Duration.ofMinutes(30);
    private static final Duration CONNECT_LIMIT = Duration.ofMinutes(1);
    private static final List<String> EMBEDDED = List.of(
            "--understudy.web.port=0",
            "--understudy.fleet.port=0",
            "--understudy.exports.tls-port=0",
            "--understudy.web.listen=127.0.0.1",
            "--understudy.fleet.listen=127.0.0.1",
            "--understudy.fleet.address=127.0.0.1",
            "--understudy.exports.listen=127.0.0.1",
            "--understudy.storage.pool-size=64GB");

    private final CommandRunner commands;
    private final Cleanup cleanup;
    private final Path home;
    private final Path work;
    private final ServerProcess server;
    private final String console;
    private final String password;
    private final ApiClient api;

    private EmbeddedAppliance(
            CommandRunner commands,
            Cleanup cleanup,
            Path home,
            Path work,
            ServerProcess server,
            String console,
            String password,
            ApiClient api) {
        this.commands = commands;
        this.cleanup = cleanup;
        this.home = home;
        this.work = work;
        this.server = server;
        this.console = console;
        this.password = password;
        this.api = api;
    }

    /**
     * Starts a packaged server with an empty data directory and makes an administrator.
     *
     * @param cleanup ends the server and the agents
     * @param home the repository
     * @param work where everything is kept
     * @param settings further settings, each {@code --name=value}
     */
    public static EmbeddedAppliance start(
            CommandRunner commands, Cleanup cleanup, Path home, Path work, List<String> settings)
            throws IOException, InterruptedException {
        return start(commands, cleanup, home, work, work.resolve("appliance"), settings);
    }

    /** As {@link #start(CommandRunner, Cleanup, Path, Path, List)} with the appliance's own data in another directory. */
    public static EmbeddedAppliance start(
            CommandRunner commands, Cleanup cleanup, Path home, Path work, Path data, List<String> settings)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(EMBEDDED);
        all.addAll(settings);
        ServerProcess server = cleanup.register(ServerProcess.start(commands, ServerProcess.packaged(home), data, all));
        ServerProcess.Ports ports = server.awaitPorts();
        ApiClient stranger = ApiClient.connect(
                ports.console(), server.data().resolve("identity").resolve("authority.pem"));
        String code = Files.readString(server.data().resolve("setup-code"), StandardCharsets.UTF_8)
                .strip();
        byte[] secret = new byte[12];
        new SecureRandom().nextBytes(secret);
        String password = HexFormat.of().formatHex(secret);
        stranger.post("setup", Map.of("code", code, "user", "admin", "password", password));
        return new EmbeddedAppliance(
                commands,
                cleanup,
                home,
                work,
                server,
                "https://localhost:" + ports.console() + "/",
                password,
                stranger.logIn("admin", password));
    }

    public ApiClient api() {
        return api;
    }

    public String console() {
        return console;
    }

    /** The password of the user admin. */
    public String password() {
        return password;
    }

    public Path data() {
        return server.data();
    }

    public long serverPid() {
        return server.pid();
    }

    /**
     * A host of this machine.
     *
     * @param id the host's id on the appliance
     */
    public record Enrolled(String id, AgentProcess agent) {}

    /** Enrols a disk of this machine as a host, starts its agent and waits until it is connected. Returns the host's id. */
    public String enrol(String name, Path device) throws InterruptedException {
        return enrol(name, device, List.of()).id();
    }

    /** As {@link #enrol(String, Path)}, with further options of the agent's command {@code run}. */
    public Enrolled enrol(String name, Path device, List<String> options) throws InterruptedException {
        return enrol(name, device, options, AgentProcess.packaged(home));
    }

    /** As {@link #enrol(String, Path, List)} with an agent that is started in another way. */
    public Enrolled enrol(String name, Path device, List<String> options, List<String> launch)
            throws InterruptedException {
        Path state = work.resolve("agent-" + name);
        JsonNode token = api.post("enrolment-tokens", Map.of());
        List<String> before = ids();
        AgentProcess.enrol(commands, launch, token.get("command").asString(), state, device);
        AgentProcess agent = cleanup.register(AgentProcess.start(commands, launch, state, options));
        Await.until("the agent of " + name + " to connect", CONNECT_LIMIT, () -> {
            List<JsonNode> found = enrolledSince(before);
            return found.size() == 1
                    && found.get(0).get("connected").asBoolean()
                    && !found.get(0).get("facts").isNull();
        });
        String host = enrolledSince(before).get(0).get("id").asString();
        api.patch("hosts/" + host, Map.of("name", name, "policyId", ""));
        return new Enrolled(host, agent);
    }

    /** Runs a command of the agent's command line to its end. */
    public void agent(String... arguments) {
        List<String> argv = new ArrayList<>(AgentProcess.packaged(home));
        argv.addAll(List.of(arguments));
        commands.run(Command.of(argv)).orThrow();
    }

    private List<String> ids() throws InterruptedException {
        return api.get("hosts").values().stream()
                .map(host -> host.get("id").asString())
                .toList();
    }

    private List<JsonNode> enrolledSince(List<String> before) throws InterruptedException {
        return api.get("hosts").values().stream()
                .filter(host -> !before.contains(host.get("id").asString()))
                .toList();
    }

    /** Makes a point. Returns the run as the interface shows it at its end. */
    public JsonNode backUp(String host) throws InterruptedException {
        String run = api.post("hosts/" + host + "/runs", null).get("id").asString();
        Await.until(
                "the backup to end",
                RUN_LIMIT,
                () -> api.get("runs/" + run).get("ended").asBoolean());
        JsonNode ended = api.get("runs/" + run);
        if (!ended.get("state").asString().equals("DONE")) {
            throw new IllegalStateException(
                    "the backup ended as " + ended.get("state").asString() + ": " + ended.get("problem"));
        }
        return ended;
    }

    /** Ends a takeover's machine and waits until all of it is gone. */
    public void discard(String takeover) throws InterruptedException {
        api.post("takeovers/" + takeover + "/discard", null);
        Await.until(
                "the machine to be discarded",
                CONNECT_LIMIT,
                () -> api.get("takeovers/" + takeover).get("ended").asBoolean());
    }
}
