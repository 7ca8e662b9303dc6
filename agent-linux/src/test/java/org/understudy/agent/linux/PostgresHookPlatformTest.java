package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.understudy.agent.hooks.ScriptHooks;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.problem.ProblemException;

/** The hook for PostgreSQL with a cluster of Debian's package. */
@Tag("platform")
class PostgresHookPlatformTest {

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private Path directory = Path.of("/nowhere");
    private Path programs = Path.of("/nowhere");

    @BeforeEach
    void startCluster() throws IOException {
        // Not below a directory that only root may enter: the server runs as another user.
        directory = Files.createTempDirectory(Path.of("/var/tmp"), "understudy-test-hook-");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            programs = versions.map(version -> version.resolve("bin"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
        }
        for (String name : List.of("data", "sockets")) {
            commands.run(Command.of("install", "-d", "-o", "postgres", "-m", "0755", path(name)))
                    .orThrow();
        }
        asPostgres("initdb", "-D", path("data"), "-A", "trust", "--no-sync").orThrow();
        asPostgres(
                        "pg_ctl",
                        "start",
                        "-w",
                        "-D",
                        path("data"),
                        "-l",
                        path("sockets/log"),
                        "-o",
                        "-c listen_addresses='' -c log_checkpoints=on -c unix_socket_directories=" + path("sockets"))
                .orThrow();
        Files.createDirectories(directory.resolve("hooks/applications"));
        Files.createSymbolicLink(
                directory.resolve("hooks/applications/postgresql"),
                Path.of("src/main/hooks/postgresql").toAbsolutePath());
    }

    @AfterEach
    void stopCluster() throws IOException {
        asPostgres("pg_ctl", "stop", "-m", "immediate", "-D", path("data"));
        commands.run(Command.of("rm", "-rf", directory.toString())).orThrow();
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private CommandResult asPostgres(String program, String... arguments) {
        List<String> argv = new ArrayList<>(List.of(
                "runuser", "-u", "postgres", "--", programs.resolve(program).toString()));
        argv.addAll(List.of(arguments));
        return commands.run(Command.of(argv).inDirectory(Path.of("/")));
    }

    private String query(String sql) {
        return asPostgres("psql", "-h", path("sockets"), "-X", "-A", "-t", "-c", sql)
                .orThrow()
                .output()
                .strip();
    }

    /** The hook finds its settings where its environment says; here the environment is a script around it. */
    private ScriptHooks hooks(String settings) throws IOException {
        Files.writeString(directory.resolve("conf"), settings);
        Path link = directory.resolve("hooks/applications/postgresql");
        Path hook = Files.isSymbolicLink(link) ? link.toRealPath() : directory.resolve("hook");
        if (Files.isSymbolicLink(link)) {
            Files.delete(link);
            Files.writeString(
                    link,
                    "#!/bin/sh\nexport UNDERSTUDY_HOOK_CONF=" + path("conf") + " UNDERSTUDY_HOOK_STAMP=" + path("stamp")
                            + "\nexec " + hook + " \"$@\"\n");
            Files.setPosixFilePermissions(link, PosixFilePermissions.fromString("rwx------"));
        }
        return new ScriptHooks(commands, List.of(directory.resolve("hooks")));
    }

    private String redoPoint() {
        return query("select redo_lsn from pg_control_checkpoint()");
    }

    @Test
    void aCheckpointIsMadeAndTheDatabaseGoesOn() throws IOException {
        query("create table t as select generate_series(1, 10000) as n");
        String before = redoPoint();
        ScriptHooks hooks = hooks("PG_HOSTS=" + path("sockets") + "\n");

        assertThat(hooks.pre("r")).isTrue();

        assertThat(redoPoint()).isNotEqualTo(before);
        query("insert into t values (0)");
        hooks.post("r");
        assertThat(query("select count(*) from t")).isEqualTo("10001");
    }

    @Test
    void aRunThatFollowsSoonGoesOnWithoutOne() throws IOException {
        ScriptHooks hooks = hooks("PG_HOSTS=" + path("sockets") + "\n");
        assertThat(hooks.pre("r1")).isTrue();
        query("create table t as select 1 as n");
        String before = redoPoint();

        assertThat(hooks.pre("r2")).isFalse();

        assertThat(redoPoint()).isEqualTo(before);
    }

    @Test
    void aServerThatDoesNotAnswerIsNotWaitedForAndLeftAlone() throws IOException {
        String postmaster =
                Files.readAllLines(directory.resolve("data/postmaster.pid")).get(0);
        commands.run(Command.of("kill", "-STOP", postmaster)).orThrow();
        try {
            String settings = "PG_HOSTS=" + path("sockets") + "\nPG_TIMEOUT=2\n";
            long started = System.nanoTime();
            assertThat(hooks(settings).pre("r")).isFalse();
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(60));
            assertThatThrownBy(() -> hooks(settings + "PG_ON_FAILURE=fail\n").pre("r"))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("postgresql");
        } finally {
            commands.run(Command.of("kill", "-CONT", postmaster)).orThrow();
        }
        assertThat(query("select 1")).isEqualTo("1");
    }

    @Test
    void withoutAClusterTheRunGoesOn() throws IOException {
        assertThat(hooks("PG_HOSTS=" + path("hooks") + "\n").pre("r")).isFalse();
    }
}
