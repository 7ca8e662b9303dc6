package org.understudy.server.protection.internal.runs;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.stereotype.Service;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.AgentGateway;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRuns;
import org.understudy.server.protection.internal.Problems;
import org.understudy.server.protection.internal.ProtectionSettings;
import org.understudy.server.protection.internal.points.PointCatalogue;

/** Carries out runs, each on a virtual thread of its own, a configured number at once. Thread-safe. */
@Service
public class VirtualThreadBackupRuns implements BackupRuns {

    private static final Logger log = LoggerFactory.getLogger(VirtualThreadBackupRuns.class);

    private final RunLedger ledger;
    private final LiveRuns live;
    private final RunScript script;
    private final RunCleanUp cleanUp;
    private final RunEnd runEnd;
    private final RunReconciler reconciler;
    private final PointCatalogue catalogue;
    private final Fleet fleet;
    private final AgentGateway gateway;
    private final RunSlots slots;
    private volatile boolean stopping;

    VirtualThreadBackupRuns(
            RunLedger ledger,
            LiveRuns live,
            RunScript script,
            RunCleanUp cleanUp,
            RunEnd runEnd,
            RunReconciler reconciler,
            PointCatalogue catalogue,
            Fleet fleet,
            AgentGateway gateway,
            ProtectionSettings settings) {
        this.ledger = ledger;
        this.live = live;
        this.script = script;
        this.cleanUp = cleanUp;
        this.runEnd = runEnd;
        this.reconciler = reconciler;
        this.catalogue = catalogue;
        this.fleet = fleet;
        this.gateway = gateway;
        slots = new RunSlots(settings.runsAtOnce());
    }

    @Override
    public RunId start(HostId host, BackupRun.Trigger trigger) {
        ProtectedHost found = fleet.host(host)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "host " + host)
                        .asException());
        if (stopping) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "the appliance is being stopped")
                    .asException();
        }
        LiveRun run = new LiveRun(RunId.random(), host, nextAttempt(host, trigger));
        if (!live.add(run) && !replaceEnded(run)) {
            throw Problem.of(ProblemCode.RUN_IN_PROGRESS, "host", found.name()).asException();
        }
        boolean started = false;
        try {
            // Left by a process that died, or by one whose database did; usually mended at start-up already.
            ledger.unfinished(host).forEach(reconciler::reconcile);
            if (found.retired() || !gateway.connected(host)) {
                throw Problem.of(ProblemCode.AGENT_OFFLINE, "host", found.name())
                        .asException();
            }
            ledger.begin(run.id(), host, trigger, !catalogue.hasPoints(host), run.attempt());
            Thread.ofVirtual().name("run-" + RunLedger.brief(run.id())).start(() -> carryOut(run, found.name()));
            started = true;
        } finally {
            if (!started) {
                live.remove(run);
            }
        }
        return run.id();
    }

    /** A run whose end is stored already may have a thread for a moment longer; it is in nobody's way. */
    private boolean replaceEnded(LiveRun run) {
        Optional<LiveRun> before = live.of(run.host());
        if (before.isPresent()
                && ledger.row(before.get().id()).filter(RunEntity::ended).isEmpty()) {
            return false;
        }
        before.ifPresent(live::remove);
        return live.add(run);
    }

    private int nextAttempt(HostId host, BackupRun.Trigger trigger) {
        if (trigger != BackupRun.Trigger.RETRY) {
            return 1;
        }
        return ledger.recent(host, 1, live).stream()
                        .mapToInt(BackupRun::attempt)
                        .findFirst()
                        .orElse(0)
                + 1;
    }

    private void carryOut(LiveRun run, String hostName) {
        MDC.put("run", run.id().toString());
        MDC.put("host", hostName);
        boolean done = false;
        try {
            done = inSlot(run);
        } catch (RuntimeException | Error e) {
            // Its end could not be stored, so it stays unfinished and is reconciled before the host's next run.
            log.error("run {} of {} could not be ended", RunLedger.brief(run.id()), hostName, e);
        } finally {
            live.remove(run);
            run.end();
        }
        if (done) {
            runEnd.afterDone(run.host());
        }
    }

    private boolean inSlot(LiveRun run) {
        RunHoldings holdings = new RunHoldings();
        CompletableFuture<RunSlots.Slot> place = slots.request();
        try (AutoClose giveBack = () -> slots.withdraw(place)) {
            run.await(place);
            script.perform(run, holdings);
            return true;
        } catch (StoppedException e) {
            runEnd.stopped(run, e.reason(), cleanUp.cleanUp(run, holdings));
        } catch (RuntimeException | Error e) {
            Problem problem = Problems.of(e);
            if (problem.code() == ProblemCode.INTERNAL) {
                log.error("run {} failed for a reason that is a fault of the product", RunLedger.brief(run.id()), e);
            }
            runEnd.failed(run.id(), run.host(), run.attempt(), problem, cleanUp.cleanUp(run, holdings));
        }
        return false;
    }

    /** A resource whose closing throws nothing checked. */
    private interface AutoClose extends AutoCloseable {
        @Override
        void close();
    }

    @Override
    public void cancel(RunId id) {
        if (ledger.row(id).isEmpty()) {
            throw Problem.of(ProblemCode.NOT_FOUND, "what", "run " + id).asException();
        }
        live.find(id).ifPresent(run -> run.requestStop(StoppedException.Reason.CANCELLED));
    }

    @Override
    public Optional<BackupRun> run(RunId id) {
        return ledger.run(id, live);
    }

    @Override
    public List<BackupRun> recent(HostId host, int limit) {
        return ledger.recent(host, limit, live);
    }

    @Override
    public List<BackupRun> recent(int limit) {
        return ledger.recent(limit, live);
    }

    @Override
    public List<BackupRun> active() {
        return ledger.active(live);
    }

    /** Asks every run to stop and waits for them; those that are past the point of no return complete. */
    public void stop(Duration patience) {
        stopping = true;
        Collection<LiveRun> runs = live.all();
        runs.forEach(run -> run.requestStop(StoppedException.Reason.SERVER_STOPS));
        CompletableFuture<?>[] ends = runs.stream().map(LiveRun::ended).toArray(CompletableFuture<?>[]::new);
        boolean ended = CompletableFuture.allOf(ends)
                .thenApply(all -> true)
                .completeOnTimeout(false, patience.toMillis(), TimeUnit.MILLISECONDS)
                .join();
        if (!ended) {
            log.warn("not all runs ended in time; what they left is cleaned up at the next start");
        }
    }
}
