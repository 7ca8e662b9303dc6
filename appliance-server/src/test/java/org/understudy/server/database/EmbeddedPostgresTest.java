package org.understudy.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

class EmbeddedPostgresTest {

    private static final Path BINARIES = Path.of("target").toAbsolutePath();

    private final CommandRunner commands = new ProcessCommandRunner();

    @TempDir
    static Path template;

    @TempDir
    Path homeParent;

    private Path home;

    /** Making a cluster takes over a second, so it is made once and copied. */
    @BeforeAll
    static void makeTemplate() {
        EmbeddedPostgres.start(template, BINARIES, 0, Map.of("fsync", "off"), new ProcessCommandRunner())
                .close();
    }

    @BeforeEach
    void copyTemplate() {
        home = homeParent.resolve("postgres");
        commands.run(Command.of("cp", "-a", template.toString(), home.toString()))
                .orThrow();
    }

    @Test
    void keepsItsDataAndItsPasswordOverARestart() throws SQLException {
        String password;
        try (EmbeddedPostgres first = start()) {
            password = first.password();
            execute(first, "create table kept (word text)");
            execute(first, "insert into kept values ('still here')");
        }
        try (EmbeddedPostgres second = start()) {
            assertThat(second.password()).isEqualTo(password);
            assertThat(word(second)).isEqualTo("still here");
        }
    }

    @Test
    void refusesAStrangerOnTheSameMachine() {
        try (EmbeddedPostgres postgres = start()) {
            assertThatThrownBy(() -> DriverManager.getConnection(postgres.jdbcUrl("postgres"), "understudy", "guess"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");
        }
    }

    @Test
    void comesBackOnTheSamePortWhenThePostmasterIsKilled() throws SQLException {
        try (EmbeddedPostgres postgres = start()) {
            execute(postgres, "create table kept (word text)");
            execute(postgres, "insert into kept values ('committed')");
            long killed = postgres.pid();
            ProcessHandle.of(killed).orElseThrow().destroyForcibly();
            await().atMost(Duration.ofSeconds(20))
                    .ignoreExceptionsInstanceOf(SQLException.class)
                    .untilAsserted(() -> assertThat(word(postgres)).isEqualTo("committed"));
            assertThat(postgres.pid()).isNotEqualTo(killed);
        }
    }

    @Test
    void stopsTheDatabaseThatAKilledServerLeftRunning() throws SQLException {
        String password;
        try (EmbeddedPostgres earlier = start()) {
            password = earlier.password();
            execute(earlier, "create table kept (word text)");
            execute(earlier, "insert into kept values ('of the killed server')");
        }
        try (RunningProcess left = leaveRunning();
                Connection held = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + leftPort() + "/postgres", "understudy", password);
                EmbeddedPostgres next = start()) {
            assertThat(left.isAlive()).isFalse();
            assertThat(next.pid()).isNotEqualTo(left.pid());
            assertThat(word(next)).isEqualTo("of the killed server");
            assertThat(held.isValid(1)).isFalse();
        }
    }

    @Test
    void startsAlthoughThePidOfTheLastPostmasterBelongsToAnotherProgramNow() throws IOException {
        List<String> lines = List.of(
                Long.toString(ProcessHandle.current().pid()),
                home.resolve("cluster").toString(),
                "1700000000",
                "5432",
                "",
                "127.0.0.1",
                " 12345 6",
                "ready   ");
        Files.write(home.resolve("cluster").resolve("postmaster.pid"), lines);
        try (EmbeddedPostgres postgres = start()) {
            assertThat(postgres.pid()).isNotEqualTo(ProcessHandle.current().pid());
        }
    }

    @Test
    void saysThatTheClusterIsOfAnotherMajorVersion() throws IOException {
        Files.writeString(home.resolve("cluster/PG_VERSION"), "15\n");
        assertThatThrownBy(this::start).isInstanceOfSatisfying(ProblemException.class, e -> {
            assertThat(e.problem().code()).isEqualTo(ProblemCode.DATABASE_UNAVAILABLE);
            assertThat(e.problem().values().get("reason")).contains("made by PostgreSQL 15");
        });
    }

    @Test
    void saysWhatPostgresSaidAboutADamagedCluster() throws IOException {
        Files.write(home.resolve("cluster/global/pg_control"), new byte[8192]);
        assertThatThrownBy(this::start).isInstanceOfSatisfying(ProblemException.class, e -> {
            assertThat(e.problem().code()).isEqualTo(ProblemCode.DATABASE_UNAVAILABLE);
            assertThat(e.problem().details()).contains("FATAL", "initialized with PG_CONTROL_VERSION 0");
        });
    }

    @Test
    void makesTheClusterAgainIfTheFirstStartWasKilledInTheMiddle() throws IOException {
        Files.move(home.resolve("cluster"), home.resolve("cluster.new"));
        try (EmbeddedPostgres postgres = start()) {
            assertThat(ProcessHandle.of(postgres.pid())).isPresent();
        }
        assertThat(home.resolve("cluster.new")).doesNotExist();
    }

    @Test
    @Tag("platform")
    void runsAsNobodyWhereNoUserNamespaceCanBeMade(@TempDir Path outside) throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue("root".equals(System.getProperty("user.name")));
        // Directories of tests are private to root; a data directory must let the database's user pass.
        Path open = Files.createTempDirectory(Path.of("/tmp"), "understudy-nobody-");
        Files.setPosixFilePermissions(open, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        CommandRunner withoutNamespaces = new WithoutProgram(commands, "unshare", outside);
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(
                open.resolve("postgres"), open.resolve("programs"), 0, Map.of(), withoutNamespaces)) {
            execute(postgres, "select 1");
            assertThat(Files.getAttribute(Path.of("/proc/" + postgres.pid()), "unix:uid"))
                    .isEqualTo(65534);
        } finally {
            PostgresBinaries.deleteTree(open);
        }
    }

    private EmbeddedPostgres start() {
        return EmbeddedPostgres.start(home, BINARIES, 0, Map.of("fsync", "off"), commands);
    }

    /** A postmaster that nobody supervises, as after kill -9 of its server. */
    private RunningProcess leaveRunning() {
        PostgresBinaries binaries = PostgresBinaries.under(BINARIES);
        PostgresAccount account = PostgresAccount.choose(commands, binaries.program("postgres"));
        RunningProcess left = commands.start(
                account.command(
                        binaries.program("postgres").toString(),
                        "-D",
                        home.resolve("cluster").toString(),
                        "-p",
                        Integer.toString(freePort()),
                        "-c",
                        "listen_addresses=127.0.0.1",
                        "-c",
                        "unix_socket_directories="),
                home.resolve("postgres.log"));
        await().until(() -> PostmasterFile.read(home.resolve("cluster"))
                .filter(PostmasterFile::ready)
                .isPresent());
        return left;
    }

    private int leftPort() {
        return PostmasterFile.read(home.resolve("cluster")).orElseThrow().port();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Connection connect(EmbeddedPostgres postgres) throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl("postgres"), postgres.username(), postgres.password());
    }

    private static void execute(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String word(EmbeddedPostgres postgres) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("select word from kept")) {
            assertThat(found.next()).isTrue();
            return Objects.requireNonNull(found.getString(1));
        }
    }

    /** Runs everything but one program, which is as if it always failed. */
    private record WithoutProgram(CommandRunner real, String program, Path directory) implements CommandRunner {

        @Override
        public org.understudy.core.command.CommandResult run(Command command) {
            return real.run(changed(command));
        }

        @Override
        public RunningProcess start(Command command, Path log) {
            return real.start(changed(command), log);
        }

        private Command changed(Command command) {
            return command.argv().contains(program) ? Command.of("false").inDirectory(directory) : command;
        }
    }
}
