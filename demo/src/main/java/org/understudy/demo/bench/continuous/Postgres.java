package org.understudy.demo.bench.continuous;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;

/** A PostgreSQL cluster of Debian's package, reached through a socket only. It runs as the user {@code postgres}, since it refuses root. */
final class Postgres implements AutoCloseable {

    private static final Duration STALL_LIMIT = Duration.ofMinutes(10);
    private static final String USER = "postgres";

    private final CommandRunner commands;
    private final Path programs;
    private final Path data;
    private final Path sockets;
    private final List<String> prefix;
    private boolean running;

    /**
     * @param data the cluster's directory
     * @param sockets a directory for its socket and its log
     * @param prefix what every program is started through, such as {@code taskset}
     */
    Postgres(CommandRunner commands, Path data, Path sockets, List<String> prefix) throws IOException {
        this.commands = commands;
        this.data = data;
        this.sockets = sockets;
        this.prefix = List.copyOf(prefix);
        programs = programs();
        Files.createDirectories(sockets);
        own(sockets);
    }

    private static Path programs() throws IOException {
        Path root = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(root)) {
            try (Stream<Path> versions = Files.list(root)) {
                return versions.map(version -> version.resolve("bin"))
                        .filter(bin -> Files.isExecutable(bin.resolve("pgbench")))
                        .max(Comparator.naturalOrder())
                        .orElseThrow(() -> new IllegalStateException("there is no pgbench below " + root));
            }
        }
        throw new IllegalStateException("PostgreSQL is not installed: there is no " + root);
    }

    private static void own(Path path) throws IOException {
        UserPrincipal user =
                path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(USER);
        Files.setOwner(path, user);
    }

    /** A new, empty cluster with durable commits. */
    void create() throws IOException {
        Files.createDirectories(data);
        own(data);
        run(programs.resolve("initdb").toString(), "-D", data.toString(), "-A", "trust", "--no-sync")
                .orThrow();
    }

    void start() {
        run(
                        programs.resolve("pg_ctl").toString(),
                        "start",
                        "-w",
                        "-t",
                        "120",
                        "-D",
                        data.toString(),
                        "-l",
                        log().toString(),
                        "-o",
                        "-c listen_addresses='' -c unix_socket_directories='" + sockets + "' -c max_wal_size=1GB"
                                + " -c log_checkpoints=off")
                .orThrow();
        running = true;
    }

    /** @param mode {@code fast} or {@code immediate} */
    void stop(String mode) {
        if (running) {
            running = false;
            run(programs.resolve("pg_ctl").toString(), "stop", "-w", "-m", mode, "-D", data.toString());
        }
    }

    Path log() {
        return sockets.resolve("postgres.log");
    }

    String logged() throws IOException {
        return Files.readString(log(), StandardCharsets.UTF_8);
    }

    /** Rows of a query, columns separated by {@code |}. */
    List<String> query(String sql) {
        return run(
                        programs.resolve("psql").toString(),
                        "-h",
                        sockets.toString(),
                        "-d",
                        "postgres",
                        "-X",
                        "-A",
                        "-t",
                        "-v",
                        "ON_ERROR_STOP=1",
                        "-c",
                        sql)
                .orThrow()
                .lines();
    }

    /** Runs pgbench in a directory of its own. */
    CommandResult pgbench(Path directory, String... arguments) {
        List<String> argv = new ArrayList<>(List.of(programs.resolve("pgbench").toString(), "-h", sockets.toString()));
        argv.addAll(List.of(arguments));
        argv.add("postgres");
        return commands.run(command(argv).inDirectory(directory)).orThrow();
    }

    private CommandResult run(String... argv) {
        return commands.run(command(List.of(argv)));
    }

    private Command command(List<String> argv) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(List.of("runuser", "-u", USER, "--"));
        all.addAll(argv);
        return Command.of(all).inDirectory(sockets).withStallLimit(STALL_LIMIT);
    }

    @Override
    public void close() {
        stop("immediate");
    }
}
