package org.understudy.server.recovery.internal;

import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.understudy.server.database.TestDatabase;

/** The rows in a real PostgreSQL with the schema that Flyway makes; Hibernate checks it against the entities. */
class StoredTakeoverBookTest extends TakeoverBookContract {

    private static ConfigurableApplicationContext application;

    @Configuration(proxyBeanMethods = false)
    @EntityScan(basePackageClasses = TakeoverRow.class)
    @EnableJpaRepositories(basePackageClasses = TakeoverRows.class)
    @ImportAutoConfiguration({
        DataSourceAutoConfiguration.class,
        DataSourceTransactionManagerAutoConfiguration.class,
        TransactionAutoConfiguration.class,
        FlywayAutoConfiguration.class,
        HibernateJpaAutoConfiguration.class,
        DataJpaRepositoriesAutoConfiguration.class
    })
    static class OnlyRows {

        @Bean
        TakeoverBook book(TakeoverRows rows, PlatformTransactionManager transactions) {
            return new StoredTakeoverBook(rows, transactions);
        }
    }

    @BeforeAll
    static void start() {
        TestDatabase database = TestDatabase.fresh();
        application = new SpringApplicationBuilder(OnlyRows.class)
                .web(WebApplicationType.NONE)
                .properties(
                        "spring.datasource.url=" + database.url(),
                        "spring.datasource.username=" + database.username(),
                        "spring.datasource.password=" + database.password())
                .run();
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @BeforeEach
    void empty() {
        new JdbcTemplate(application.getBean(DataSource.class))
                .execute("truncate takeover, takeover_transition, takeover_probe");
    }

    @Override
    TakeoverBook book() {
        return application.getBean(TakeoverBook.class);
    }
}
