package org.understudy.server.protection.internal.runs;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRun.State;
import org.understudy.server.protection.ProtectionEvents.RunChanged;
import org.understudy.server.protection.internal.Announcer;

/**
 * The one place that writes the state of a run: checks the transition, stores it with its time, logs it once, measures it and
 * publishes it. Thread-safe.
 */
@Component
class RunLedger {

    private static final Logger log = LoggerFactory.getLogger(RunLedger.class);

    private final RunRows rows;
    private final TransactionOperations transactions;
    private final Fleet fleet;
    private final Announcer announcer;
    private final RunMetrics metrics;
    private final Clock clock;
    /** When a run entered its present state by {@code System.nanoTime}; missing for runs of an earlier process. */
    private final Map<RunId, Long> enteredNanos = new ConcurrentHashMap<>();

    RunLedger(
            RunRows rows,
            TransactionOperations transactions,
            Fleet fleet,
            Announcer announcer,
            RunMetrics metrics,
            Clock clock) {
        this.rows = rows;
        this.transactions = transactions;
        this.fleet = fleet;
        this.announcer = announcer;
        this.metrics = metrics;
        this.clock = clock;
    }

    /** @throws org.understudy.core.problem.ProblemException {@code RUN_IN_PROGRESS} */
    void begin(RunId id, HostId host, BackupRun.Trigger trigger, boolean first, int attempt) {
        try {
            transactions.executeWithoutResult(
                    status -> rows.save(new RunEntity(id, host, trigger, first, attempt, now())));
        } catch (DataIntegrityViolationException e) {
            throw Problem.of(ProblemCode.RUN_IN_PROGRESS, "host", nameOf(host)).asException(e);
        }
        enteredNanos.put(id, System.nanoTime());
        log.info("run {} of {}: REQUESTED by {}, attempt {}", brief(id), nameOf(host), trigger, attempt);
        announcer.announce(new RunChanged(id, host, State.REQUESTED));
    }

    void enter(RunId id, State next) {
        enter(id, next, "", run -> {});
    }

    /**
     * @param note what is worth knowing of this transition, or empty
     * @param facts stored together with the state
     * @return the row as it was stored
     */
    RunEntity enter(RunId id, State next, String note, Consumer<RunEntity> facts) {
        Instant now = now();
        Long since = next.isFinal() ? enteredNanos.remove(id) : enteredNanos.put(id, System.nanoTime());
        Left left = inTransaction(() -> {
            RunEntity run = rows.findById(id.value())
                    .orElseThrow(() -> new IllegalStateException("run " + id + " is not in the database"));
            State before = run.state();
            if (!RunTransitions.allowed(before, next)) {
                throw new IllegalStateException("run " + id + " cannot go from " + before + " to " + next);
            }
            Duration lasted = since != null
                    ? Duration.ofNanos(System.nanoTime() - since)
                    : Duration.between(run.enteredAt(), now);
            lasted = lasted.isNegative() ? Duration.ZERO : lasted;
            facts.accept(run);
            run.enter(next, now, lasted, note);
            return new Left(rows.save(run), before, lasted);
        });
        HostId host = left.run().host();
        log.info(
                "run {} of {}: {} => {} after {} s{}",
                brief(id),
                nameOf(host),
                left.state(),
                next,
                String.format(Locale.ROOT, "%.2f", left.lasted().toNanos() / 1e9),
                note.isEmpty() ? "" : " (" + note + ")");
        metrics.left(left.state(), left.lasted());
        if (next.isFinal()) {
            metrics.ended(next);
        }
        announcer.announce(new RunChanged(id, host, next));
        return left.run();
    }

    /** The state that was left, and how long it lasted. */
    private record Left(RunEntity run, State state, Duration lasted) {}

    Optional<RunEntity> row(RunId id) {
        return rows.findById(id.value());
    }

    List<RunEntity> unfinished() {
        return inTransaction(rows::findByEndedAtIsNullOrderByRequestedAt);
    }

    List<RunEntity> unfinished(HostId host) {
        return inTransaction(() -> rows.findByHostIdAndEndedAtIsNull(host.value()));
    }

    Optional<BackupRun> run(RunId id, LiveRuns live) {
        return inTransaction(() -> rows.findById(id.value()).map(row -> row.toRun(live.progress(row.run()))));
    }

    List<BackupRun> recent(HostId host, int limit, LiveRuns live) {
        return inTransaction(
                () -> rows.findByHostIdOrderByRequestedAtDescAttemptDesc(host.value(), Limit.of(limit)).stream()
                        .map(row -> row.toRun(live.progress(row.run())))
                        .toList());
    }

    List<BackupRun> recent(int limit, LiveRuns live) {
        return inTransaction(() -> rows.findByOrderByRequestedAtDescAttemptDesc(Limit.of(limit)).stream()
                .map(row -> row.toRun(live.progress(row.run())))
                .toList());
    }

    List<BackupRun> active(LiveRuns live) {
        return inTransaction(() -> rows.findByEndedAtIsNullOrderByRequestedAt().stream()
                .map(row -> row.toRun(live.progress(row.run())))
                .toList());
    }

    String nameOf(HostId host) {
        return fleet.host(host).map(ProtectedHost::name).orElse(host.toString());
    }

    static String brief(RunId id) {
        return id.toString().substring(0, 8);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private <T> T inTransaction(Supplier<T> work) {
        return Objects.requireNonNull(transactions.execute(status -> work.get()));
    }
}
