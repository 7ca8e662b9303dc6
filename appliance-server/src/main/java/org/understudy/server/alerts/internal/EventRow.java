package org.understudy.server.alerts.internal;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.server.alerts.LoggedEvent;
import org.understudy.server.alerts.Severity;
import org.understudy.server.kernel.HostId;

/** A row of {@code event_log}. */
@Entity
@Table(name = "event_log")
class EventRow {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private @Nullable Long id;

    private Instant at;

    @Enumerated(EnumType.STRING)
    private Severity severity;

    private String kind;

    private @Nullable UUID hostId;

    @JdbcTypeCode(SqlTypes.JSON)
    @Column(name = "event_values")
    private Map<String, String> values;

    @JdbcTypeCode(SqlTypes.JSON)
    private @Nullable StoredProblem problem;

    private boolean acknowledged;

    @SuppressWarnings("NullAway.Init") // filled by JPA
    protected EventRow() {}

    EventRow(
            Instant at,
            Severity severity,
            String kind,
            @Nullable HostId host,
            Map<String, String> values,
            @Nullable Problem problem) {
        this.at = at;
        this.severity = severity;
        this.kind = kind;
        this.hostId = host == null ? null : host.value();
        this.values = new HashMap<>(values);
        this.problem = problem == null ? null : StoredProblem.of(problem);
        this.acknowledged = severity.compareTo(Severity.WARNING) < 0;
    }

    void acknowledge() {
        acknowledged = true;
    }

    LoggedEvent toEvent() {
        if (id == null) {
            throw new IllegalStateException("an event that was not stored has no id");
        }
        return new LoggedEvent(
                id,
                at,
                severity,
                kind,
                Optional.ofNullable(hostId).map(HostId::new),
                Map.copyOf(values),
                Optional.ofNullable(problem).map(StoredProblem::toProblem),
                acknowledged);
    }
}
