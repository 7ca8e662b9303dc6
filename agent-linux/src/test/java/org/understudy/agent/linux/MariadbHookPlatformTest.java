package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.understudy.agent.hooks.ScriptHooks;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;

/** The hook for MariaDB with a server of Debian's package. */
@Tag("platform")
class MariadbHookPlatformTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private Path directory = Path.of("/nowhere");
    private RunningProcess server;

    @BeforeEach
    void startServer() throws IOException {
        directory = Files.createTempDirectory(Path.of("/var/tmp"), "understudy-test-hook-");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        commands.run(Command.of("install", "-d", "-o", "nobody", path("data"))).orThrow();
        commands.run(Command.of(
                        "mariadb-install-db",
                        "--no-defaults",
                        "--user=nobody",
                        "--datadir=" + path("data"),
                        "--skip-test-db"))
                .orThrow();
        server = commands.start(
                Command.of(
                        "mariadbd",
                        "--no-defaults",
                        "--user=nobody",
                        "--skip-networking",
                        "--datadir=" + path("data"),
                        "--socket=" + path("data/socket"),
                        "--pid-file=" + path("data/pid")),
                directory.resolve("log"));
        Files.writeString(directory.resolve("client.cnf"), "[client]\nsocket=" + path("data/socket") + "\nuser=root\n");
        await().atMost(LIMIT).until(() -> client("select 1").succeeded());
        client("create database d").orThrow();
        client("create table d.t (n int) engine=MyISAM").orThrow();
    }

    @AfterEach
    void stopServer() throws IOException {
        server.close();
        commands.run(Command.of("rm", "-rf", directory.toString())).orThrow();
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private CommandResult client(String sql) {
        return commands.run(Command.of("mariadb", "--defaults-file=" + path("client.cnf"), "-B", "-N", "-e", sql));
    }

    private ScriptHooks hooks(String settings) throws IOException {
        Files.writeString(
                directory.resolve("conf"), "MYSQL_DEFAULTS=" + path("client.cnf") + "\nMYSQL_PAUSE=0\n" + settings);
        Path hook =
                Files.createDirectories(directory.resolve("hooks/applications")).resolve("mariadb");
        Files.writeString(
                hook,
                "#!/bin/sh\nexport UNDERSTUDY_HOOK_CONF=" + path("conf") + " UNDERSTUDY_HOOK_STAMP=" + path("stamp")
                        + "\nexec " + Path.of("src/main/hooks/mariadb").toAbsolutePath() + " \"$@\"\n",
                StandardCharsets.US_ASCII);
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwx------"));
        return new ScriptHooks(commands, List.of(directory.resolve("hooks")));
    }

    /** Whether a write gets through within a second. */
    private boolean writable() {
        return client("set statement max_statement_time=1 for insert into d.t values (1)")
                .succeeded();
    }

    @Test
    void tablesAreFlushedAndNothingIsLocked() throws IOException {
        ScriptHooks hooks = hooks("");
        assertThat(hooks.pre("r")).isTrue();
        assertThat(writable()).isTrue();
        hooks.post("r");
        assertThat(writable()).isTrue();
    }

    @Test
    void theLockHoldsFromPreToPostAndNotLonger() throws IOException {
        ScriptHooks hooks = hooks("MYSQL_LOCK=yes\n");
        assertThat(hooks.pre("r")).isTrue();
        assertThat(writable()).isFalse();
        hooks.post("r");
        await().atMost(LIMIT).until(this::writable);
    }

    @Test
    void aLockThatNobodyLetsGoOfEndsByItself() throws IOException {
        assertThat(hooks("MYSQL_LOCK=yes\nMYSQL_LOCK_SECONDS=5\n").pre("r")).isTrue();
        assertThat(writable()).isFalse();
        await().atMost(LIMIT).until(this::writable);
    }

    @Test
    void aLockThatIsNotGrantedIsGivenUp() throws IOException {
        try (RunningProcess reader = commands.start(
                Command.of(
                        "mariadb",
                        "--defaults-file=" + path("client.cnf"),
                        "-e",
                        "lock tables d.t write; select sleep(300)"),
                directory.resolve("reader.log"))) {
            await().atMost(LIMIT)
                    .until(() -> client(
                                    "select count(*) from information_schema.processlist where info like 'select sleep%'")
                            .output()
                            .strip()
                            .equals("1"));
            assertThat(hooks("MYSQL_LOCK=yes\nMYSQL_LOCK_WAIT=2\nMYSQL_TIMEOUT=5\n")
                            .pre("r"))
                    .isFalse();
            assertThat(reader.isAlive()).isTrue();
        }
        await().atMost(LIMIT).until(this::writable);
    }
}
