package org.understudy.server.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.DataDirectory;

/**
 * The one {@link DataSource}: to the embedded PostgreSQL, or to the external one if {@code understudy.database.url} is set. The
 * embedded one is stopped after everything that uses the data source.
 */
@Configuration(proxyBeanMethods = false)
public class DatabaseConfiguration {

    private static final String DATABASE = "understudy";
    private static final int OLDEST_MAJOR = 16;
    private static final int LOGIN_SECONDS = 10;
    private static final Duration CONNECTION_LIMIT = Duration.ofSeconds(15);

    @Bean(destroyMethod = "close")
    @Conditional(EmbeddedDatabaseChosen.class)
    EmbeddedPostgres embeddedPostgres(DataDirectory directory, DatabaseSettings settings, CommandRunner commands) {
        Path home = directory.resolve("postgres");
        Map<String, String> parameters = Map.of(
                "max_connections", Integer.toString(settings.connections() + 10),
                "shared_buffers", "64MB",
                "log_min_messages", "warning");
        EmbeddedPostgres postgres = EmbeddedPostgres.start(home, home, settings.port(), parameters, commands);
        try {
            createDatabase(postgres);
            return postgres;
        } catch (SQLException e) {
            postgres.close();
            throw Problem.of(ProblemCode.DATABASE_UNAVAILABLE, "reason", "the embedded PostgreSQL refuses its own user")
                    .asException(e);
        }
    }

    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean(DataSource.class)
    HikariDataSource dataSource(DatabaseSettings settings, ObjectProvider<EmbeddedPostgres> embedded) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("database");
        config.setMaximumPoolSize(settings.connections());
        config.setMinimumIdle(2);
        config.setConnectionTimeout(CONNECTION_LIMIT.toMillis());
        String url = settings.url();
        if (url == null) {
            EmbeddedPostgres postgres = embedded.getObject();
            config.setJdbcUrl(postgres.jdbcUrl(DATABASE));
            config.setUsername(postgres.username());
            config.setPassword(postgres.password());
        } else {
            config.setJdbcUrl(url);
            config.setUsername(settings.username());
            config.setPassword(settings.password());
            checkExternal(url, config);
        }
        return new HikariDataSource(config);
    }

    private static void createDatabase(EmbeddedPostgres postgres) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        postgres.jdbcUrl("postgres"), postgres.username(), postgres.password());
                Statement statement = connection.createStatement()) {
            boolean exists;
            try (ResultSet found =
                    statement.executeQuery("select 1 from pg_database where datname = '" + DATABASE + "'")) {
                exists = found.next();
            }
            if (!exists) {
                statement.execute("create database " + DATABASE);
            }
        }
    }

    /** One try with a clear answer, before a pool hides the reason behind its own time-out. */
    private static void checkExternal(String url, HikariConfig config) {
        DriverManager.setLoginTimeout(LOGIN_SECONDS);
        try (Connection connection = DriverManager.getConnection(url, config.getUsername(), config.getPassword())) {
            int major = connection.getMetaData().getDatabaseMajorVersion();
            if (major < OLDEST_MAJOR) {
                throw Problem.of(
                                ProblemCode.DATABASE_UNAVAILABLE,
                                "reason",
                                "it is PostgreSQL " + major + ", and " + OLDEST_MAJOR + " or newer is needed")
                        .asException();
            }
        } catch (SQLException e) {
            throw Problem.of(
                            ProblemCode.DATABASE_UNAVAILABLE,
                            "reason",
                            "no connection to " + url.replaceAll("[?].*", ""))
                    .withDetails(e.getMessage())
                    .asException(e);
        }
    }
}
