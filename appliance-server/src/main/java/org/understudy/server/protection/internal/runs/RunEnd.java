package org.understudy.server.protection.internal.runs;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun.State;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionEvents.RunFailed;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.protection.internal.Announcer;
import org.understudy.server.protection.internal.Problems;
import org.understudy.server.protection.internal.ProtectionSettings;
import org.understudy.server.protection.internal.points.PointRemoval;
import org.understudy.server.protection.internal.policies.RetryTask;
import org.understudy.server.scheduling.Scheduler;

/** What follows when a run has ended: the last transition, a retry, retention, verification. Thread-safe. */
@Component
class RunEnd {

    private static final Logger log = LoggerFactory.getLogger(RunEnd.class);

    private static final Duration MAX_DELAY = Duration.ofHours(1);

    private final RunLedger ledger;
    private final Scheduler scheduler;
    private final Fleet fleet;
    private final Policies policies;
    private final RecoveryPoints points;
    private final PointRemoval removal;
    private final RunHistory history;
    private final Announcer announcer;
    private final ProtectionSettings settings;
    private final Clock clock;

    RunEnd(
            RunLedger ledger,
            Scheduler scheduler,
            Fleet fleet,
            Policies policies,
            RecoveryPoints points,
            PointRemoval removal,
            RunHistory history,
            Announcer announcer,
            ProtectionSettings settings,
            Clock clock) {
        this.ledger = ledger;
        this.scheduler = scheduler;
        this.fleet = fleet;
        this.policies = policies;
        this.points = points;
        this.removal = removal;
        this.history = history;
        this.announcer = announcer;
        this.settings = settings;
        this.clock = clock;
    }

    /** @param left what clean-up could not undo */
    void stopped(LiveRun run, StoppedException.Reason reason, List<String> left) {
        switch (reason) {
            case CANCELLED -> ledger.enter(run.id(), State.CANCELLED, String.join("; ", left), RunEntity::noPoint);
            case SERVER_STOPS -> interrupted(run.id(), run.host(), run.attempt(), left);
        }
    }

    void interrupted(RunId run, HostId host, int attempt, List<String> left) {
        String step = ledger.row(run).map(row -> row.state().name()).orElse("?");
        failed(run, host, attempt, Problem.of(ProblemCode.RUN_INTERRUPTED, "step", step), left);
    }

    void failed(RunId run, HostId host, int attempt, Problem problem, List<String> left) {
        RunEntity failed = ledger.enter(run, State.FAILED, String.join("; ", left), row -> {
            row.failed(row.state(), problem);
            if (row.state().compareTo(State.COMMITTING) < 0) {
                row.noPoint();
            }
        });
        log.warn("run {} of {} failed: {}", RunLedger.brief(run), ledger.nameOf(host), problem.english());
        boolean willRetry = problem.isTransient() && attempt <= settings.retries() && retry(run, attempt);
        announcer.announce(new RunFailed(run, host, failed.failedIn(), problem, willRetry));
    }

    private boolean retry(RunId run, int attempt) {
        Duration delay = settings.retryDelay().multipliedBy(1L << (attempt - 1));
        delay = delay.compareTo(MAX_DELAY) > 0 ? MAX_DELAY : delay;
        try {
            scheduler.once(RetryTask.KIND, run.toString(), clock.instant().plus(delay));
            return true;
        } catch (RuntimeException e) {
            log.warn("run {} cannot be retried: its schedule was not stored", RunLedger.brief(run), e);
            return false;
        }
    }

    /** Retention and verification; a failure here does not change what the run is. */
    void afterDone(HostId host) {
        try {
            history.thin(host);
            Optional<ProtectionPolicy> policy =
                    fleet.host(host).flatMap(ProtectedHost::policy).flatMap(policies::policy);
            if (policy.isEmpty()) {
                return;
            }
            removal.prune(host, policy.get());
            if (policy.get().verifyAfterRun()) {
                verifyNewest(host);
            }
        } catch (RuntimeException e) {
            log.warn(
                    "after the run of {}: {}",
                    ledger.nameOf(host),
                    Problems.of(e).english(),
                    e);
        }
    }

    private void verifyNewest(HostId host) {
        Optional<RecoveryPoint> newest = points.newest(host);
        if (newest.isPresent()) {
            // What comes of it is stored and published by the verification itself.
            CompletableFuture<RecoveryPoint> queued = points.verify(newest.get().id());
            log.debug("point {} is to be verified: {}", newest.get().id(), queued);
        }
    }
}
