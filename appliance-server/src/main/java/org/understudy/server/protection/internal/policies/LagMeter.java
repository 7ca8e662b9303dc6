package org.understudy.server.protection.internal.policies;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionLag;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.internal.policies.LagCurve.Step;

/**
 * Remembers when points of each host appeared and what they hold, for a day. In memory; after a restart the last hour or so comes from the
 * stored runs. Thread-safe.
 */
@Component
class LagMeter implements ProtectionLag {

    private static final Duration LONGEST = Duration.ofDays(1);

    /** Runs that are read after a restart: an hour of points each 5 s. */
    private static final int RUNS_READ = 720;

    private final BackupRuns runs;
    private final Fleet fleet;
    private final Policies policies;
    private final Clock clock;
    private final Map<HostId, History> histories = new ConcurrentHashMap<>();

    LagMeter(BackupRuns runs, Fleet fleet, Policies policies, Clock clock) {
        this.runs = runs;
        this.fleet = fleet;
        this.policies = policies;
        this.clock = clock;
    }

    /** Of one host; guarded by itself. */
    private static final class History {
        private final Deque<Step> steps = new ArrayDeque<>();
        private final Deque<Instant> overlaps = new ArrayDeque<>();

        /** The last step before the time is kept: it says how the time begins. */
        void forgetBefore(Instant time) {
            while (steps.size() > 1
                    && steps.stream()
                            .skip(1)
                            .findFirst()
                            .orElseThrow()
                            .appeared()
                            .isBefore(time)) {
                steps.removeFirst();
            }
            while (!overlaps.isEmpty() && overlaps.getFirst().isBefore(time)) {
                overlaps.removeFirst();
            }
        }
    }

    /**
     * A point is in the catalogue.
     *
     * @return how old the protected data was a moment before; empty for the first point
     */
    Optional<Duration> appeared(HostId host, RunId run) {
        Instant now = clock.instant();
        Optional<Instant> holds = runs.run(run).flatMap(LagMeter::holds);
        if (holds.isEmpty()) {
            return Optional.empty();
        }
        History history = history(host);
        synchronized (history) {
            Optional<Duration> peak =
                    Optional.ofNullable(history.steps.peekLast()).map(before -> Duration.between(before.holds(), now));
            history.steps.addLast(new Step(holds.get(), now));
            history.forgetBefore(now.minus(LONGEST));
            return peak;
        }
    }

    /** A scheduled run did not start because the one before still goes on. */
    void overlapped(HostId host) {
        Instant now = clock.instant();
        History history = history(host);
        synchronized (history) {
            history.overlaps.addLast(now);
            history.forgetBefore(now.minus(LONGEST));
        }
    }

    @Override
    public Optional<Measured> measured(HostId host, Duration window) {
        Instant now = clock.instant();
        Instant begin = now.minus(window.compareTo(LONGEST) > 0 ? LONGEST : window);
        List<Step> steps;
        int overlaps;
        History history = history(host);
        synchronized (history) {
            steps = new ArrayList<>(history.steps);
            overlaps = (int)
                    history.overlaps.stream().filter(at -> !at.isBefore(begin)).count();
        }
        LagCurve curve = LagCurve.of(steps, begin, now);
        if (curve.isEmpty()) {
            return Optional.empty();
        }
        Optional<Duration> promise = fleet.host(host)
                .flatMap(ProtectedHost::policy)
                .flatMap(policies::policy)
                .map(ProtectionPolicy::objective);
        return Optional.of(new Measured(
                curve.length(),
                Duration.between(steps.get(steps.size() - 1).holds(), now),
                curve.quantile(0.5),
                curve.quantile(0.99),
                curve.worst(),
                (int) steps.stream()
                        .filter(step -> !step.appeared().isBefore(begin))
                        .count(),
                overlaps,
                promise,
                promise.map(curve::part).orElse(1.0)));
    }

    private History history(HostId host) {
        return histories.computeIfAbsent(host, this::read);
    }

    private History read(HostId host) {
        History history = new History();
        for (BackupRun run : runs.recent(host, RUNS_READ).reversed()) {
            Optional<Instant> holds = holds(run);
            if (run.state() == BackupRun.State.DONE
                    && holds.isPresent()
                    && run.endedAt().isPresent()) {
                history.steps.addLast(new Step(holds.get(), run.endedAt().get()));
            }
        }
        return history;
    }

    private static Optional<Instant> holds(BackupRun run) {
        return run.transitions().stream()
                .filter(step -> step.state() == BackupRun.State.TRANSFERRING)
                .map(BackupRun.Transition::enteredAt)
                .findFirst();
    }
}
