package org.understudy.server.protection.internal.runs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.BackupRun.State;
import org.understudy.server.protection.ProtectionEvents.RecoveryPointCreated;
import org.understudy.server.protection.internal.Announcer;
import org.understudy.server.protection.internal.points.PointCatalogue;
import org.understudy.server.protection.internal.points.PoolProperties;
import org.understudy.server.protection.internal.points.VerificationQueue;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.server.storage.VolumeStore;

/**
 * Compares runs that never ended with what the pool really holds. The snapshot is the commit: where it exists the run is
 * completed, else it is undone. Runs at start-up before anything else of this module, and for one host before its next run.
 */
@Component
public class RunReconciler {

    private static final Logger log = LoggerFactory.getLogger(RunReconciler.class);

    private static final Set<String> OUR_HOLDS = Set.of(HeadPreparation.HOLD, VerificationQueue.HOLD);

    private final RunLedger ledger;
    private final RunEnd runEnd;
    private final LiveRuns live;
    private final RunExports exports;
    private final Heads heads;
    private final HeadPreparation preparation;
    private final PointCatalogue catalogue;
    private final VolumeStore store;
    private final Announcer announcer;

    RunReconciler(
            RunLedger ledger,
            RunEnd runEnd,
            LiveRuns live,
            RunExports exports,
            Heads heads,
            HeadPreparation preparation,
            PointCatalogue catalogue,
            VolumeStore store,
            Announcer announcer) {
        this.ledger = ledger;
        this.runEnd = runEnd;
        this.live = live;
        this.exports = exports;
        this.heads = heads;
        this.preparation = preparation;
        this.catalogue = catalogue;
        this.store = store;
        this.announcer = announcer;
    }

    /** At start-up, when no run is live. What cannot be mended now is left as it is and tried before the host's next run. */
    public void reconcileAll() {
        attempt("exports of earlier runs could not be released", () -> exports.releaseStrays(live));
        attempt("holds of an earlier process could not be released", this::releaseStrayHolds);
        for (RunEntity run : ledger.unfinished()) {
            attempt("run " + run.run() + " could not be reconciled", () -> reconcileDespiteLatecomers(run));
        }
    }

    /**
     * The process before may have died while a commit was under way; then the database finishes it after the row was read here,
     * and the row is read once more.
     */
    private void reconcileDespiteLatecomers(RunEntity run) {
        try {
            reconcile(run);
        } catch (OptimisticLockingFailureException e) {
            log.info("run {} was changed by the last commit of an earlier process; reconciled again", run.run());
            ledger.unfinished().stream()
                    .filter(now -> now.run().equals(run.run()))
                    .findFirst()
                    .ifPresent(this::reconcile);
        }
    }

    private static void attempt(String otherwise, Runnable act) {
        try {
            act.run();
        } catch (ProblemException e) {
            log.warn("{}: {}", otherwise, e.problem().english());
        }
    }

    private void releaseStrayHolds() {
        for (HostId host : store.hosts()) {
            for (VolumeSnapshot snapshot : store.snapshots(host)) {
                for (String tag : snapshot.holds()) {
                    if (OUR_HOLDS.contains(tag)) {
                        store.release(host, snapshot.point(), tag);
                    }
                }
            }
        }
    }

    /** @throws ProblemException if the pool or the exporter cannot be asked; the run then stays as it is */
    void reconcile(RunEntity run) {
        HostId host = run.host();
        exports.release(run.run());
        List<VolumeSnapshot> snapshots = store.snapshots(host);
        Optional<VolumeSnapshot> made = snapshots.stream()
                .filter(snapshot ->
                        run.run().toString().equals(snapshot.properties().get(PoolProperties.RUN)))
                .findFirst();
        preparation.releaseStrayHolds(snapshots);
        if (made.isPresent()) {
            adopt(run, made.get());
        } else {
            undo(run, snapshots);
        }
    }

    private void adopt(RunEntity run, VolumeSnapshot snapshot) {
        if (run.state() != State.CATALOGUING) {
            ledger.enter(
                    run.run(),
                    State.CATALOGUING,
                    "the server was interrupted in " + run.state() + "; the point was found whole in the pool",
                    row -> row.point(snapshot.point()));
        }
        catalogue.index(snapshot);
        announcer.announce(new RecoveryPointCreated(snapshot.point(), run.host(), run.run()));
        ledger.enter(run.run(), State.DONE);
    }

    private void undo(RunEntity run, List<VolumeSnapshot> snapshots) {
        if (heads.isDirty(run.host())) {
            heads.rollBack(run.host(), preparation.baseOf(run.host(), snapshots));
        }
        runEnd.interrupted(run.run(), run.host(), run.attempt(), new ArrayList<>());
    }
}
