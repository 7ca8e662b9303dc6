package org.understudy.lab.iscsi;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.RunningProcess;

/** Our target as users run it: a process of its own, {@code understudy iscsi target}. One thread. */
final class TargetProcess implements AutoCloseable {

    /** Emulated, on a machine that others load, a Java machine may take a minute to start. */
    private static final Duration START_LIMIT = Duration.ofMinutes(4);

    /** The directory of all archives, as the class path of this process names them one by one. */
    private static final String CLASSES = Path.of(
                    System.getProperty("java.class.path").split(":", -1)[0])
            .resolveSibling("*")
            .toString();

    private final CommandRunner commands;
    private final Command command;
    private final Path log;
    private RunningProcess process;

    private TargetProcess(CommandRunner commands, Command command, Path log) {
        this.commands = commands;
        this.command = command;
        this.log = log;
        this.process = launch();
    }

    static TargetProcess start(CommandRunner commands, Path directory, int port, String iqn, String... options) {
        return new TargetProcess(
                commands,
                ourCommand("target", "--listen", "127.0.0.1:" + port, "--iqn", iqn)
                        .and(options),
                directory.resolve("target.log"));
    }

    /** {@code understudy iscsi ...} with the class path of this process. */
    static Command ourCommand(String... arguments) {
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                CLASSES,
                "org.understudy.iscsi.cli.IscsiCommand"));
        argv.addAll(List.of(arguments));
        return Command.of(argv).withStallLimit(Duration.ofMinutes(3));
    }

    private RunningProcess launch() {
        try {
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        RunningProcess started = commands.start(command, log);
        await("target listens").atMost(START_LIMIT).until(() -> {
            if (!started.isAlive()) {
                throw new IllegalStateException("the target ended: " + said());
            }
            return said().contains("listens on port");
        });
        return started;
    }

    /** What the process printed since its last start. */
    String said() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the process as a crash would, without a word to its initiators. */
    void kill() {
        commands.run(Command.of("kill", "-KILL", Long.toString(process.pid()))).orThrow();
        if (!process.awaitExit(Duration.ofSeconds(20))) {
            throw new IllegalStateException("the target survived a KILL");
        }
    }

    void startAgain() {
        process = launch();
    }

    @Override
    public void close() {
        process.close();
    }
}
