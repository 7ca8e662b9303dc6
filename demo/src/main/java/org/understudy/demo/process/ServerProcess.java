package org.understudy.demo.process;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.RunningProcess;

/** The control server as a process of its own, on embedded defaults and free ports of the loopback address. */
public final class ServerProcess implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofMinutes(5);

    /** The ports that the server chose. */
    public record Ports(int console, int agent, int iscsi) {}

    private final RunningProcess process;
    private final Path data;
    private final Path log;

    private ServerProcess(RunningProcess process, Path data, Path log) {
        this.process = process;
        this.data = data;
        this.log = log;
    }

    /**
     * Starts the server and returns at once; see {@link #awaitPorts}.
     *
     * @param launch how to start it: program and arguments up to the server's own settings
     * @param data its data directory
     * @param settings further settings, each {@code --name=value}
     */
    public static ServerProcess start(CommandRunner commands, List<String> launch, Path data, List<String> settings)
            throws IOException {
        Files.createDirectories(data);
        Path ports = data.resolve("ports.properties");
        Files.deleteIfExists(ports);
        Path log = data.resolveSibling(data.getFileName() + ".log");
        List<String> argv = new ArrayList<>(launch);
        argv.add("--understudy.data=" + data);
        argv.addAll(settings);
        return new ServerProcess(commands.start(Command.of(argv), log), data, log);
    }

    /** The command that starts the packaged server. */
    public static List<String> packaged(Path home) {
        return List.of(
                java(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx768m",
                "-XX:+UseSerialGC",
                "-jar",
                home.resolve("appliance-server/target/understudy-appliance-server-0.1.0-SNAPSHOT-boot.jar")
                        .toString());
    }

    /** The Java that runs this process. */
    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Waits until everything listens. */
    public Ports awaitPorts() throws InterruptedException {
        Path file = data.resolve("ports.properties");
        Await.until("the server to listen", START_LIMIT, () -> {
            if (!process.isAlive()) {
                throw new IllegalStateException(
                        "the server ended at start with status " + process.exitStatus() + ":\n" + lastLines());
            }
            return Files.exists(file);
        });
        Properties ports = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            ports.load(reader);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return new Ports(port(ports, "console"), port(ports, "agent"), port(ports, "iscsi"));
    }

    private static int port(Properties ports, String name) {
        String value = ports.getProperty(name);
        if (value == null) {
            throw new IllegalStateException("the server did not tell its port '" + name + "'");
        }
        return Integer.parseInt(value);
    }

    public Path data() {
        return data;
    }

    public Path log() {
        return log;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** Ends the process as {@code kill -9} does. */
    public void kill() {
        ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
        process.awaitExit(Duration.ofSeconds(10));
    }

    /** Waits for the process to end by itself. */
    public boolean awaitExit(Duration limit) {
        return process.awaitExit(limit);
    }

    private String lastLines() {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
        } catch (IOException e) {
            return "its log " + log + " cannot be read: " + e;
        }
    }

    /** Ends the server in an orderly way: half a minute, because it may have machines to leave running and a pool to close. */
    @Override
    public void close() {
        ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroy);
        if (!process.awaitExit(Duration.ofSeconds(30))) {
            kill();
        }
    }
}
