package org.understudy.server.protection.internal.runs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToLongFunction;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage.DiskTransfer;
import org.understudy.core.protocol.AgentMessage.DiskView;
import org.understudy.core.protocol.AgentMessage.RunBegun;
import org.understudy.core.protocol.AgentMessage.RunEnded;
import org.understudy.core.protocol.AgentMessage.TransferFinished;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.core.protocol.ServerMessage.DataTarget;
import org.understudy.server.fleet.AgentGateway;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.fleet.ProtectedHost.ProtectedDisk;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.BackupRun.State;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionEvents.RecoveryPointCreated;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.internal.Announcer;
import org.understudy.server.protection.internal.ProtectionSettings;
import org.understudy.server.protection.internal.points.PointCatalogue;
import org.understudy.server.storage.VolumeSnapshot;

/**
 * The steps of a run in their order; read it beside docs/design/backup-run.md. Whoever calls it cleans up by the
 * {@link RunHoldings} if it throws. Thread-safe; each call is one run.
 */
@Component
class RunScript {

    private final AgentGateway gateway;
    private final Fleet fleet;
    private final Policies policies;
    private final RecentFacts recentFacts;
    private final HeadPreparation preparation;
    private final RunExports exports;
    private final DataTransfer data;
    private final PointMaker pointMaker;
    private final Heads heads;
    private final PointCatalogue catalogue;
    private final RunCleanUp cleanUp;
    private final RunLedger ledger;
    private final RunMetrics metrics;
    private final Announcer announcer;
    private final ProtectionSettings settings;

    RunScript(
            AgentGateway gateway,
            Fleet fleet,
            Policies policies,
            RecentFacts recentFacts,
            HeadPreparation preparation,
            RunExports exports,
            DataTransfer data,
            PointMaker pointMaker,
            Heads heads,
            PointCatalogue catalogue,
            RunCleanUp cleanUp,
            RunLedger ledger,
            RunMetrics metrics,
            Announcer announcer,
            ProtectionSettings settings) {
        this.gateway = gateway;
        this.fleet = fleet;
        this.policies = policies;
        this.recentFacts = recentFacts;
        this.preparation = preparation;
        this.exports = exports;
        this.data = data;
        this.pointMaker = pointMaker;
        this.heads = heads;
        this.catalogue = catalogue;
        this.cleanUp = cleanUp;
        this.ledger = ledger;
        this.metrics = metrics;
        this.announcer = announcer;
        this.settings = settings;
    }

    void perform(LiveRun run, RunHoldings holdings) {
        try {
            RunPlan described = describe(run);
            RunPlan prepared = prepare(run, described, holdings);
            RunPlan plan = openView(run, prepared, holdings);
            DataTarget target = export(run, plan, holdings);
            DigestIntake intake = new DigestIntake(plan.disks());
            TransferFinished finished = transfer(run, plan, target, intake);
            release(run, finished, holdings);
            VolumeSnapshot point = snapshot(run, plan, intake, finished, holdings);
            String note = commit(run, point, holdings);
            catalogue(run, point, note, holdings);
        } catch (RuntimeException | Error e) {
            recentFacts.forget(run.host());
            throw e;
        }
    }

    private RunPlan describe(LiveRun run) {
        ledger.enter(run.id(), State.DESCRIBING);
        HostFacts facts = recentFacts.of(run);
        List<ProtectedDisk> selected = fleet.numberDisks(run.host());
        ProtectedHost host = fleet.host(run.host())
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "host " + run.host())
                        .asException());
        if (selected.isEmpty()) {
            throw Problem.of(ProblemCode.NO_DISKS_SELECTED, "host", host.name()).asException();
        }
        Map<String, Long> sizes = new HashMap<>();
        facts.disks().forEach(disk -> sizes.put(disk.key(), disk.sizeBytes()));
        List<RunDisk> disks = new ArrayList<>();
        for (ProtectedDisk disk : selected) {
            Long size = sizes.get(disk.key());
            if (size == null) {
                throw Problem.of(ProblemCode.DISK_NOT_FOUND, "disk", disk.key()).asException();
            }
            disks.add(new RunDisk(disk.number(), disk.key(), size, false));
        }
        Optional<ProtectionPolicy> policy = host.policy().flatMap(policies::policy);
        return new RunPlan(host, policy, facts, List.copyOf(disks), Optional.empty());
    }

    private RunPlan prepare(LiveRun run, RunPlan plan, RunHoldings holdings) {
        run.throwIfStopped();
        ledger.enter(run.id(), State.PREPARING);
        HeadPreparation.Prepared prepared = preparation.prepare(run, plan.disks(), holdings);
        run.throwIfStopped();
        ledger.enter(run.id(), State.OPENING_VIEW, prepared.note(), row -> row.first(prepared.first()));
        return new RunPlan(plan.host(), plan.policy(), plan.facts(), prepared.disks(), prepared.base());
    }

    private RunPlan openView(LiveRun run, RunPlan plan, RunHoldings holdings) {
        List<String> keys = plan.disks().stream().map(RunDisk::key).toList();
        Duration freezeLimit =
                plan.policy().map(ProtectionPolicy::freezeLimit).orElse(ProtectionPolicy.DEFAULT_FREEZE_LIMIT);
        boolean scripts = plan.policy().map(ProtectionPolicy::scripts).orElse(true);
        holdings.viewOpen(true);
        RunBegun begun = run.await(gateway.request(
                run.host(),
                number ->
                        new ServerMessage.BeginRun(number, run.id().toString(), keys, freezeLimit.toMillis(), scripts),
                RunBegun.class,
                settings.agentPreparation()));
        Map<String, DiskView> views = new HashMap<>();
        begun.disks().forEach(view -> views.put(view.disk(), view));
        List<RunDisk> disks = new ArrayList<>();
        long used = 0;
        long toWrite = 0;
        for (RunDisk disk : plan.disks()) {
            DiskView view = views.get(disk.key());
            if (view == null) {
                throw Problem.of(ProblemCode.DISK_NOT_FOUND, "disk", disk.key()).asException();
            }
            if (view.sizeBytes() < 1 || view.usedBytes() < 0) {
                throw DataTransfer.violation("disk " + disk.key() + " has an impossible size");
            }
            RunDisk seen = disk.withSize(view.sizeBytes());
            if (seen.sizeBytes() != disk.sizeBytes()) {
                // Grown since it was described; a smaller one is refused by the pool.
                preparation.createVolume(run.host(), seen);
            }
            disks.add(seen);
            used += view.usedBytes();
            toWrite += disk.based() ? 0 : view.usedBytes();
        }
        if (toWrite > 0) {
            preparation.requireSpace(toWrite);
        }
        long usedBytes = used;
        long diskBytes = disks.stream().mapToLong(RunDisk::sizeBytes).sum();
        run.throwIfStopped();
        ledger.enter(run.id(), State.EXPORTING, "", row -> row.sizes(diskBytes, usedBytes));
        return plan.withDisks(List.copyOf(disks));
    }

    private DataTarget export(LiveRun run, RunPlan plan, RunHoldings holdings) {
        holdings.exported(true);
        DataTarget target = exports.open(run, plan.disks());
        run.throwIfStopped();
        return target;
    }

    private TransferFinished transfer(LiveRun run, RunPlan plan, DataTarget target, DigestIntake intake) {
        ledger.enter(run.id(), State.TRANSFERRING);
        run.intake(intake);
        try {
            return data.transfer(run, plan, target);
        } catch (ProblemException e) {
            throw exports.explain(run.id(), e);
        } finally {
            intake.close();
        }
    }

    private void release(LiveRun run, TransferFinished finished, RunHoldings holdings) {
        long used = sum(finished, DiskTransfer::usedBytes);
        long scanned = sum(finished, DiskTransfer::scannedBytes);
        long changed = sum(finished, DiskTransfer::changedBytes);
        long sent = sum(finished, DiskTransfer::sentBytes);
        ledger.enter(run.id(), State.RELEASING, "", row -> row.moved(used, scanned, changed, sent));
        metrics.moved(scanned, changed, sent);
        exports.release(run.id());
        holdings.exported(false);
    }

    private static long sum(TransferFinished finished, ToLongFunction<DiskTransfer> value) {
        return finished.disks().stream().mapToLong(value).sum();
    }

    private VolumeSnapshot snapshot(
            LiveRun run, RunPlan plan, DigestIntake intake, TransferFinished finished, RunHoldings holdings) {
        run.passPointOfNoReturn();
        PointId point = PointId.random();
        ledger.enter(run.id(), State.SNAPSHOTTING, "", row -> row.point(point));
        VolumeSnapshot snapshot = pointMaker.make(run, plan, intake, finished, point);
        holdings.pointMade();
        return snapshot;
    }

    /** @return a note if the agent did not confirm; the point stands all the same */
    private String commit(LiveRun run, VolumeSnapshot point, RunHoldings holdings) {
        ledger.enter(run.id(), State.COMMITTING);
        heads.markClean(run.host(), Optional.of(point.point()));
        try {
            CompletableFuture<RunEnded> answer = gateway.request(
                    run.host(),
                    number -> new ServerMessage.EndRun(
                            number, run.id().toString(), point.point().toString()),
                    RunEnded.class,
                    settings.agentPreparation());
            if (!run.awaitDespiteStop(answer, settings.cancelPatience())) {
                return "the server stops and did not wait for the agent; it will ask for the digests of this point";
            }
            holdings.viewOpen(false);
            return "";
        } catch (ProblemException e) {
            return "the agent did not confirm (" + e.problem().code() + "); it will ask for the digests of this point";
        }
    }

    private void catalogue(LiveRun run, VolumeSnapshot point, String note, RunHoldings holdings) {
        ledger.enter(run.id(), State.CATALOGUING, note, row -> {});
        catalogue.index(point);
        cleanUp.releaseBase(run, holdings);
        announcer.announce(new RecoveryPointCreated(point.point(), run.host(), run.id()));
        ledger.enter(run.id(), State.DONE);
    }
}
