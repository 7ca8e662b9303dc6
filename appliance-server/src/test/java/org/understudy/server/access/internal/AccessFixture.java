package org.understudy.server.access.internal;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.understudy.server.access.ApiToken;
import org.understudy.server.database.TestDatabase;
import org.understudy.server.kernel.DataDirectory;

/** The access module on a PostgreSQL of its own, with a clock that stands still until it is moved. */
final class AccessFixture {

    static final String PASSWORD = "seven grey herons wait";

    private final DataSource dataSource;
    final JdbcClient database;
    final MovableClock clock = new MovableClock();

    AccessFixture() {
        dataSource = TestDatabase.migrated().dataSource();
        database = JdbcClient.create(dataSource);
    }

    /** A fresh appliance whose data directory is {@code directory}. */
    StoredAccess appliance(Path directory) {
        database.sql("delete from access_token").update();
        database.sql("delete from access_user").update();
        database.sql("delete from access_setup").update();
        database.sql("delete from access_failure").update();
        return restarted(directory);
    }

    StoredAccess restarted(Path directory) {
        StoredAccess access = new StoredAccess(
                database,
                new TransactionTemplate(new DataSourceTransactionManager(dataSource)),
                new AccessConfiguration().passwordEncoder(),
                new LoginGuard(database, clock),
                new SetupCode(new DataDirectory(directory)),
                new ApiTokens(database, clock),
                auditLog(),
                clock);
        access.offerSetup();
        return access;
    }

    StoredAuditLog auditLog() {
        return new StoredAuditLog(database, clock);
    }

    static ApiToken token(StoredAccess access, Duration validity) {
        return access.issueToken("ann", PASSWORD, "nightly report", validity, "10.0.0.1");
    }

    /** Wall time that only tests move. */
    static final class MovableClock extends Clock {
        private Instant now = Instant.parse("2026-11-20T10:00:00Z");

        void advance(Duration by) {
            now = now.plus(by);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException("the fixture is in UTC");
        }
    }
}
