package org.understudy.server.protection;

import java.util.Map;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.understudy.server.database.TestDatabase;

/** The tables and repositories of protection in a real PostgreSQL, made once per JVM; each test empties them. */
final class ProtectionDatabase {

    private static final String TABLES =
            "protection_policy, backup_run, backup_run_transition, head_state, host_protection, recovery_point, "
                    + "recovery_point_disk, recovery_point_mismatch";

    private static final ConfigurableApplicationContext CONTEXT = start();

    /** Nothing but the database. */
    @AutoConfigurationPackage
    @ImportAutoConfiguration({
        DataSourceAutoConfiguration.class,
        TransactionAutoConfiguration.class,
        HibernateJpaAutoConfiguration.class,
        DataJpaRepositoriesAutoConfiguration.class,
        JdbcTemplateAutoConfiguration.class,
        JdbcClientAutoConfiguration.class
    })
    static class Configuration {}

    private ProtectionDatabase() {}

    private static ConfigurableApplicationContext start() {
        TestDatabase database = TestDatabase.migrated();
        return new SpringApplicationBuilder(Configuration.class)
                .web(WebApplicationType.NONE)
                .properties(Map.of(
                        "spring.datasource.url", database.url(),
                        "spring.datasource.username", database.username(),
                        "spring.datasource.password", database.password(),
                        "logging.file.name", "",
                        "understudy.data", "target/test-data"))
                .run();
    }

    /** Holds the repositories, and entities that were checked against the tables. */
    static ConfigurableApplicationContext context() {
        return CONTEXT;
    }

    static void empty() {
        CONTEXT.getBean(JdbcClient.class).sql("truncate " + TABLES).update();
    }

    /** Only what the pool cannot bring back is kept: nothing. */
    static void lose() {
        empty();
    }
}
