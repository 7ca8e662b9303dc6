package org.understudy.server.protection.internal.runs;

import jakarta.persistence.CollectionTable;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Embeddable;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.OrderColumn;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hibernate.annotations.BatchSize;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRun.State;
import org.understudy.server.protection.RunProgress;
import org.understudy.server.protection.internal.Json;
import tools.jackson.core.type.TypeReference;

/** A row of {@code backup_run}. Only {@link RunLedger} changes it. */
@Entity
@Table(name = "backup_run")
class RunEntity {

    @Id
    private UUID id;

    @Version
    private @Nullable Long version;

    private UUID hostId;

    @Enumerated(EnumType.STRING)
    private BackupRun.Trigger triggeredBy;

    @Enumerated(EnumType.STRING)
    private State state;

    private boolean firstRun;
    private int attempt;
    private Instant requestedAt;
    private @Nullable Instant endedAt;
    private @Nullable UUID pointId;

    @Enumerated(EnumType.STRING)
    private @Nullable State failedIn;

    @Enumerated(EnumType.STRING)
    private @Nullable ProblemCode problemCode;

    private @Nullable String problemValues;
    private @Nullable String problemDetails;
    private long diskBytes;
    private long usedBytes;
    private long scannedBytes;
    private long changedBytes;
    private long sentBytes;

    @ElementCollection(fetch = FetchType.LAZY)
    @CollectionTable(name = "backup_run_transition", joinColumns = @JoinColumn(name = "run_id"))
    @OrderColumn(name = "position")
    @BatchSize(size = 200)
    private List<TransitionRow> transitions = new ArrayList<>();

    /** A row of {@code backup_run_transition}. */
    @Embeddable
    record TransitionRow(@Enumerated(EnumType.STRING) State state, Instant enteredAt, long lastedNanos, String note) {}

    @SuppressWarnings("NullAway.Init") // filled by JPA
    protected RunEntity() {}

    RunEntity(RunId id, HostId host, BackupRun.Trigger trigger, boolean first, int attempt, Instant now) {
        this.id = id.value();
        hostId = host.value();
        triggeredBy = trigger;
        state = State.REQUESTED;
        firstRun = first;
        this.attempt = attempt;
        requestedAt = now;
        transitions.add(new TransitionRow(State.REQUESTED, now, 0, ""));
    }

    RunId run() {
        return new RunId(id);
    }

    HostId host() {
        return new HostId(hostId);
    }

    State state() {
        return state;
    }

    boolean ended() {
        return endedAt != null;
    }

    /** The state in which it failed; the present one if it did not. */
    State failedIn() {
        return failedIn == null ? state : failedIn;
    }

    int attempt() {
        return attempt;
    }

    /** When the present state was entered. */
    Instant enteredAt() {
        return transitions.get(transitions.size() - 1).enteredAt();
    }

    void enter(State next, Instant now, Duration lasted, String note) {
        int last = transitions.size() - 1;
        TransitionRow leaving = transitions.get(last);
        transitions.set(
                last, new TransitionRow(leaving.state(), leaving.enteredAt(), lasted.toNanos(), leaving.note()));
        transitions.add(new TransitionRow(next, now, 0, note));
        state = next;
        if (next.isFinal()) {
            endedAt = now;
        }
    }

    void first(boolean first) {
        firstRun = first;
    }

    void point(PointId point) {
        pointId = point.value();
    }

    /** The run made no point after all. */
    void noPoint() {
        pointId = null;
    }

    void sizes(long disk, long used) {
        diskBytes = disk;
        usedBytes = used;
    }

    void moved(long used, long scanned, long changed, long sent) {
        usedBytes = used;
        scannedBytes = scanned;
        changedBytes = changed;
        sentBytes = sent;
    }

    void failed(State in, Problem problem) {
        failedIn = in;
        problemCode = problem.code();
        problemValues = Json.MAPPER.writeValueAsString(problem.values());
        problemDetails = problem.details();
    }

    BackupRun toRun(Optional<RunProgress> progress) {
        return new BackupRun(
                run(),
                host(),
                triggeredBy,
                state,
                firstRun,
                attempt,
                requestedAt,
                Optional.ofNullable(endedAt),
                transitions.stream()
                        .map(t -> new BackupRun.Transition(
                                t.state(), t.enteredAt(), Duration.ofNanos(t.lastedNanos()), t.note()))
                        .toList(),
                new BackupRun.Volumes(diskBytes, usedBytes, scannedBytes, changedBytes, sentBytes),
                // Until the snapshot exists the id is only the name that the point will have.
                Optional.ofNullable(pointId).filter(p -> pointExists()).map(PointId::new),
                problem(),
                Optional.ofNullable(failedIn),
                progress);
    }

    private boolean pointExists() {
        return switch (state) {
            case COMMITTING, CATALOGUING, DONE, FAILED -> true;
            case REQUESTED,
                    DESCRIBING,
                    PREPARING,
                    OPENING_VIEW,
                    EXPORTING,
                    TRANSFERRING,
                    RELEASING,
                    SNAPSHOTTING,
                    CANCELLED -> false;
        };
    }

    private Optional<Problem> problem() {
        ProblemCode code = problemCode;
        if (code == null) {
            return Optional.empty();
        }
        Map<String, String> values = problemValues == null
                ? Map.of()
                : Json.MAPPER.readValue(problemValues, new TypeReference<Map<String, String>>() {});
        return Optional.of(new Problem(code, values, problemDetails));
    }
}
