package org.understudy.agent.run;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.control.RunControl;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.hooks.BackupHooks;
import org.understudy.agent.snapshot.ConsistentView;
import org.understudy.agent.snapshot.SnapshotSource;
import org.understudy.agent.snapshot.ViewOutcome;
import org.understudy.agent.state.BaseStore;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.transfer.TransferStep;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;
import org.understudy.core.protocol.ServerMessage;

/** The work of the steps of a run, without the question whether a step is allowed now. Used by the worker thread alone. */
final class RunWork {

    private static final Logger log = LoggerFactory.getLogger(RunWork.class);

    private final AgentHost host;
    private final SnapshotSource source;
    private final BackupHooks hooks;
    private final StateDirectory state;
    private final BaseStore bases;
    private final TransferStep transfer;
    private final List<RunObserver> observers;

    RunWork(
            AgentHost host,
            SnapshotSource source,
            BackupHooks hooks,
            StateDirectory state,
            BaseStore bases,
            TransferStep transfer,
            List<RunObserver> observers) {
        this.host = host;
        this.source = source;
        this.hooks = hooks;
        this.state = state;
        this.bases = bases;
        this.transfer = transfer;
        this.observers = List.copyOf(observers);
    }

    /** Runs the post-script that a process which died still owes. */
    void settleDebts() {
        if (state.postScriptDue()) {
            log.warn("the agent ended between pre- and post-script; the post-script runs now");
            runPost("interrupted");
        }
    }

    AgentMessage.HostDescription describe(ServerMessage.DescribeHost request) {
        reached(RunPhase.DESCRIBING, null);
        return new AgentMessage.HostDescription(request.request(), host.describe());
    }

    /** Pre-script, disks, used space. */
    AgentMessage.RunBegun begin(ServerMessage.BeginRun request, ActiveRun run) throws IOException {
        try (RunControl.Registration interrupt = run.control().interruptThisThread()) {
            run.workspace = bases.workspace(run.id());
            if (request.scripts() && hooks.hasPre()) {
                state.setPostScriptDue(true);
                run.scriptsBegun = true;
                run.quiesced = hooks.pre(run.id()) && hooks.hasPost();
                reached(RunPhase.PRE_SCRIPT_DONE, run.id());
            }
            run.control().check();
            ConsistentView view = source.open(
                    host.disks(request.disks()), Duration.ofMillis(request.freezeLimitMillis()), run.control());
            run.view = view;
            List<AgentMessage.DiskView> disks = view.extents().stream()
                    .map(disk -> new AgentMessage.DiskView(
                            disk.disk(), disk.sizeBytes(), disk.used().totalBytes()))
                    .toList();
            run.control().check();
            reached(RunPhase.BEGUN, run.id());
            return new AgentMessage.RunBegun(request.request(), run.id(), disks);
        } catch (RuntimeException | IOException e) {
            run.control().check();
            throw e;
        }
    }

    /** The whole transfer. */
    AgentMessage.TransferFinished transfer(ServerMessage.Transfer request, ActiveRun run, Outbox outbox)
            throws IOException {
        run.control().check();
        ConsistentView view = run.view;
        BaseStore.Workspace workspace = run.workspace;
        if (view == null || workspace == null) {
            throw new IllegalStateException("run " + run.id() + " has no view");
        }
        run.limiter().limit(request.bytesPerSecond());
        ProgressMeter meter = new ProgressMeter(run.id(), observers, outbox);
        try (RunControl.Registration interrupt = run.control().interruptThisThread()) {
            TransferStep.Result result = transfer.run(request, view, workspace, run.limiter(), run.control(), meter);
            reached(RunPhase.TRANSFER_FINISHED, run.id());
            return finished(request, run, result);
        } catch (RuntimeException | IOException e) {
            run.control().check();
            throw e;
        }
    }

    private static AgentMessage.TransferFinished finished(
            ServerMessage.Transfer request, ActiveRun run, TransferStep.Result result) {
        ViewOutcome outcome = result.outcome();
        boolean application = run.quiesced && outcome.frozen() && outcome.consistency() == Consistency.FILE_SYSTEM;
        return new AgentMessage.TransferFinished(
                request.request(),
                run.id(),
                application ? Consistency.APPLICATION : outcome.consistency(),
                application ? outcome.reason() + " Applications were quiesced by the pre-script." : outcome.reason(),
                outcome.frozenMillis(),
                result.disks());
    }

    /** The view is committed, released, the post-script runs, the digests become the base. */
    void commit(ActiveRun run, String point) {
        ConsistentView view = run.view;
        BaseStore.Workspace workspace = run.workspace;
        if (view != null) {
            view.commit(point);
        }
        releaseView(run);
        try {
            if (workspace != null) {
                bases.adopt(workspace, point);
            }
        } catch (IOException e) {
            // The point is made; the next run fetches its digests from the appliance.
            log.warn("the digests of point {} could not be kept", point, e);
        }
    }

    /** Lets go of everything that the run holds. Idempotent, never throws. */
    void release(ActiveRun run) {
        releaseView(run);
        BaseStore.Workspace workspace = run.workspace;
        run.workspace = null;
        if (workspace != null) {
            try {
                workspace.delete();
            } catch (IOException e) {
                log.warn("temporary files of run {} could not be deleted; the next start does", run.id(), e);
            }
        }
        if (run.end()) {
            reached(RunPhase.ENDED, run.id());
        }
    }

    private void releaseView(ActiveRun run) {
        ConsistentView view = run.view;
        run.view = null;
        if (view != null) {
            view.close();
        }
        if (run.scriptsBegun) {
            run.scriptsBegun = false;
            runPost(run.id());
        }
    }

    private void runPost(String run) {
        try {
            hooks.post(run);
        } catch (ProblemException e) {
            // The point, if there is one, is good; the administrator must look at the application.
            log.warn("run {}: {}", run, e.problem().english());
        }
        state.setPostScriptDue(false);
    }

    private void reached(RunPhase phase, @Nullable String run) {
        observers.forEach(observer -> observer.reached(phase, run, 0));
    }

    /** What a failure is called in the protocol. */
    static Problem problem(Throwable failure) {
        if (failure instanceof ProblemException known) {
            return known.problem();
        }
        return Problem.of(ProblemCode.INTERNAL).withDetails(failure.toString());
    }

    String hostName() {
        return host.hostName();
    }
}
