package org.understudy.server.protection.internal.runs;

import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.AgentMessage.DiskTransfer;
import org.understudy.core.protocol.AgentMessage.TransferFinished;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.core.protocol.ServerMessage.DataTarget;
import org.understudy.core.protocol.ServerMessage.LunAssignment;
import org.understudy.server.fleet.AgentGateway;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Policies;
import org.understudy.server.protection.ProtectionEvents.RunProgressed;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RunProgress;
import org.understudy.server.protection.internal.Announcer;
import org.understudy.server.protection.internal.ProtectionSettings;
import org.understudy.server.protection.internal.policies.WeekWindows;

/** Steps 1-11 and 1-12: asks the agent for the data and waits, telling progress and following the bandwidth limit. Thread-safe. */
@Component
class DataTransfer {

    private static final Logger log = LoggerFactory.getLogger(DataTransfer.class);

    private final AgentGateway gateway;
    private final Policies policies;
    private final Announcer announcer;
    private final ProtectionSettings settings;
    private final Clock clock;

    DataTransfer(
            AgentGateway gateway, Policies policies, Announcer announcer, ProtectionSettings settings, Clock clock) {
        this.gateway = gateway;
        this.policies = policies;
        this.announcer = announcer;
        this.settings = settings;
        this.clock = clock;
    }

    TransferFinished transfer(LiveRun run, RunPlan plan, DataTarget target) {
        List<LunAssignment> luns = new ArrayList<>();
        for (RunDisk disk : plan.disks()) {
            String base = disk.based() ? plan.base().map(PointId::toString).orElse(null) : null;
            luns.add(new LunAssignment(disk.key(), luns.size(), base, RunDisk.BLOCK_SIZE));
        }
        TransferMeter meter = new TransferMeter();
        AutoCloseable listening = gateway.onProgress(run.host(), report -> progress(run, meter, report));
        try {
            long limit = limit(plan);
            CompletableFuture<TransferFinished> answer = gateway.request(
                    run.host(),
                    number -> new ServerMessage.Transfer(number, run.id().toString(), target, luns, limit),
                    TransferFinished.class,
                    settings.agentSilence());
            TransferFinished finished = await(run, plan, answer, limit);
            check(plan, finished);
            return finished;
        } finally {
            close(listening);
            run.progress(Optional.empty());
        }
    }

    private TransferFinished await(
            LiveRun run, RunPlan plan, CompletableFuture<TransferFinished> answer, long firstLimit) {
        long limit = firstLimit;
        try {
            while (true) {
                Optional<TransferFinished> finished = run.await(answer, settings.limitInterval());
                if (finished.isPresent()) {
                    return finished.get();
                }
                long now = limit(plan);
                if (now != limit) {
                    limit = now;
                    log.info("run {}: bandwidth limit is now {} bytes/s (0: none)", RunLedger.brief(run.id()), now);
                    gateway.tell(
                            run.host(), new ServerMessage.LimitRate(run.id().toString(), now));
                }
            }
        } catch (StoppedException e) {
            stopAgent(run, answer);
            throw e;
        }
    }

    /** Lets the agent stop by itself, so that it does not see its disks break away under it. */
    private void stopAgent(LiveRun run, CompletableFuture<TransferFinished> answer) {
        gateway.tell(run.host(), new ServerMessage.CancelRun(run.id().toString()));
        CompletableFuture<Void> settled = answer.handle((finished, failure) -> null);
        try {
            settled.orTimeout(settings.cancelPatience().toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            log.info("run {}: the agent did not stop in time; it is cut off", RunLedger.brief(run.id()));
        }
    }

    /** The limit of the host's policy now; the policy may have been changed since the run began. */
    private long limit(RunPlan plan) {
        Optional<ProtectionPolicy> policy = plan.policy().flatMap(known -> policies.policy(known.id()));
        return policy.map(now -> WeekWindows.bytesPerSecond(now, clock.instant().atZone(now.zone())))
                .orElse(0L);
    }

    private void progress(LiveRun run, TransferMeter meter, AgentMessage.Progress report) {
        if (!report.run().equals(run.id().toString())) {
            return;
        }
        long now = System.nanoTime();
        RunProgress progress = meter.update(report, now);
        run.progress(Optional.of(progress));
        if (meter.publishNow(now)) {
            announcer.announce(new RunProgressed(run.id(), run.host(), progress));
        }
    }

    private static void check(RunPlan plan, TransferFinished finished) {
        Set<String> expected = new HashSet<>();
        plan.disks().forEach(disk -> expected.add(disk.key()));
        Set<String> found = new HashSet<>();
        boolean sane = finished.disks() != null
                && finished.consistency() != null
                && finished.consistencyReason() != null
                && finished.frozenMillis() >= 0;
        if (sane) {
            for (DiskTransfer disk : finished.disks()) {
                sane &= found.add(disk.disk())
                        && disk.digestFileSha256() != null
                        && disk.usedBytes() >= 0
                        && disk.scannedBytes() >= 0
                        && disk.changedBytes() >= 0
                        && disk.sentBytes() >= 0;
            }
        }
        if (!sane || !found.equals(expected)) {
            throw violation("the transfer's result does not describe the disks of the run");
        }
    }

    static ProblemException violation(String reason) {
        return Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", reason).asException();
    }

    private static void close(AutoCloseable listening) {
        try {
            listening.close();
        } catch (Exception e) {
            log.warn("a progress listener could not be removed", e);
        }
    }
}
