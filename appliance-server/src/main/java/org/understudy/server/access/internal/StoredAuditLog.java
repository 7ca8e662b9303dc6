package org.understudy.server.access.internal;

import java.sql.Timestamp;
import java.time.Clock;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.understudy.server.access.AuditEntry;
import org.understudy.server.access.AuditLog;

/** The audit log in a table that refuses updates and deletes. Each entry is also one line of the server's log. */
@Component
class StoredAuditLog implements AuditLog {

    private static final Logger LOG = LoggerFactory.getLogger("org.understudy.audit");
    private static final int MAXIMUM_LIMIT = 10_000;

    private final JdbcClient database;
    private final Clock clock;

    StoredAuditLog(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    @Override
    public void record(String who, String address, String action, String subject, String detail) {
        LOG.info(
                "{} from {}: {} {} {}",
                cleaned(who, 64),
                cleaned(address, 64),
                cleaned(action, 100),
                cleaned(subject, 300),
                cleaned(detail, 2000));
        database.sql("""
                        insert into audit_entry (at, who, address, action, subject, detail)
                        values (:at, :who, :address, :action, :subject, :detail)""")
                .param("at", Timestamp.from(clock.instant()))
                .param("who", cleaned(who, 64))
                .param("address", cleaned(address, 64))
                .param("action", cleaned(action, 100))
                .param("subject", cleaned(subject, 300))
                .param("detail", cleaned(detail, 2000))
                .update();
    }

    @Override
    public List<AuditEntry> recent(int limit) {
        return database.sql("""
                        select id, at, who, address, action, subject, detail from audit_entry
                        order by id desc limit :limit""")
                .param("limit", Math.clamp(limit, 0, MAXIMUM_LIMIT))
                .query((row, number) -> new AuditEntry(
                        row.getLong("id"),
                        row.getTimestamp("at").toInstant(),
                        row.getString("who"),
                        row.getString("address"),
                        row.getString("action"),
                        row.getString("subject"),
                        row.getString("detail")))
                .list();
    }

    /** Control characters would let a peer forge lines of the log. */
    private static String cleaned(String text, int limit) {
        String plain = text.replaceAll("\\p{Cntrl}", " ").strip();
        return plain.length() > limit ? plain.substring(0, limit) : plain;
    }
}
