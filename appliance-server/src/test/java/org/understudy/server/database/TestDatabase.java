package org.understudy.server.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.postgresql.ds.PGSimpleDataSource;
import org.understudy.core.command.ProcessCommandRunner;

/**
 * A database of its own for each test that asks, all in one PostgreSQL that is started once per test JVM below {@code target/}
 * and kept warm between builds. Nothing is synced to disk.
 *
 * <p>For a Spring context: {@code @DynamicPropertySource} with {@link #properties()}, or
 * {@code new SpringApplicationBuilder(…).properties(TestDatabase.fresh().properties())}. For plain JDBC: {@link #dataSource()}.
 *
 * @param url JDBC address
 */
public record TestDatabase(String url, String username, String password) {

    private static final AtomicInteger COUNT = new AtomicInteger();

    /** An empty database. */
    public static TestDatabase fresh() {
        String name = "test_" + COUNT.incrementAndGet();
        EmbeddedPostgres server = Server.INSTANCE.postgres;
        try (Connection connection =
                        DriverManager.getConnection(server.jdbcUrl("postgres"), server.username(), server.password());
                Statement statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return new TestDatabase(server.jdbcUrl(name), server.username(), server.password());
    }

    /** A database with the tables of all modules. */
    public static TestDatabase migrated() {
        TestDatabase database = fresh();
        Flyway.configure()
                .dataSource(database.dataSource())
                .locations("classpath:db/migration")
                .load()
                .migrate();
        return database;
    }

    public DataSource dataSource() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url);
        source.setUser(username);
        source.setPassword(password);
        return source;
    }

    /** Settings that make the application use this database, and a data directory of its own below {@code target/}. */
    public Map<String, Object> properties() {
        Path data = Path.of("target", "test-data", "" + ProcessHandle.current().pid(), url.replaceAll(".*/", ""));
        return Map.of(
                "understudy.data",
                data.toAbsolutePath().toString(),
                "understudy.database.url",
                url,
                "understudy.database.username",
                username,
                "understudy.database.password",
                password,
                "understudy.database.connections",
                "10");
    }

    private static final class Server {

        static final Server INSTANCE = new Server();

        final EmbeddedPostgres postgres;

        Server() {
            Path target = Path.of("target").toAbsolutePath();
            Path home = lockedHome(target);
            postgres = EmbeddedPostgres.start(
                    home,
                    target,
                    0,
                    Map.of(
                            "fsync",
                            "off",
                            "synchronous_commit",
                            "off",
                            "full_page_writes",
                            "off",
                            "max_connections",
                            "200"),
                    new ProcessCommandRunner());
            Runtime.getRuntime().addShutdownHook(new Thread(postgres::close, "test-database-stop"));
            dropOld();
        }

        /** The first home that no other test JVM uses; the lock is held until this JVM ends. */
        @SuppressWarnings("resource")
        private static Path lockedHome(Path target) {
            for (int i = 0; ; i++) {
                Path home = target.resolve("test-database-" + i);
                try {
                    Files.createDirectories(home);
                    FileChannel channel =
                            FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.tryLock();
                    if (lock != null) {
                        return home;
                    }
                    channel.close();
                } catch (OverlappingFileLockException e) {
                    throw new IllegalStateException("the fixture was loaded twice", e);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        private void dropOld() {
            try (Connection connection = DriverManager.getConnection(
                            postgres.jdbcUrl("postgres"), postgres.username(), postgres.password());
                    Statement statement = connection.createStatement()) {
                List<String> names = new ArrayList<>();
                try (ResultSet found =
                        statement.executeQuery("select datname from pg_database where datname like 'test\\_%'")) {
                    while (found.next()) {
                        names.add(found.getString(1));
                    }
                }
                for (String name : names) {
                    statement.execute("drop database " + name + " with (force)");
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
