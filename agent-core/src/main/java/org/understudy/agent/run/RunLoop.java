package org.understudy.agent.run;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.hooks.BackupHooks;
import org.understudy.agent.snapshot.SnapshotSource;
import org.understudy.agent.state.BaseStore;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.transfer.TransferStep;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ServerMessage;

/**
 * Obeys the appliance. Whether a step is allowed is decided at once on the calling thread, the work is done by one worker in the order of
 * arrival, and a stop never waits for the worker. Thread-safe.
 */
public final class RunLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RunLoop.class);
    private static final long CLOSE_SECONDS = 60;

    private final RunWork work;
    private final ExecutorService worker = Executors.newSingleThreadExecutor(task -> daemon(task, "run"));
    private final ExecutorService describer = Executors.newSingleThreadExecutor(task -> daemon(task, "describe"));
    private @Nullable ActiveRun active;

    private RunLoop(RunWork work) {
        this.work = work;
        enqueue(work::settleDebts);
    }

    /**
     * A loop over the given parts; runs a post-script that an earlier process owes.
     *
     * @param observers told about each phase, by the thread that works
     */
    public static RunLoop of(
            AgentHost host,
            SnapshotSource source,
            BackupHooks hooks,
            StateDirectory state,
            BaseStore bases,
            TransferStep transfer,
            List<RunObserver> observers) {
        return new RunLoop(new RunWork(host, source, hooks, state, bases, transfer, observers));
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Deals with a message of the appliance; answers go to {@code outbox}. Returns quickly. */
    public void handle(ServerMessage message, Outbox outbox) {
        if (message instanceof ServerMessage.DescribeHost request) {
            describe(request, outbox);
        } else if (message instanceof ServerMessage.BeginRun request) {
            begin(request, outbox);
        } else if (message instanceof ServerMessage.Transfer request) {
            transfer(request, outbox);
        } else if (message instanceof ServerMessage.EndRun request) {
            end(request, outbox);
        } else if (message instanceof ServerMessage.LimitRate request) {
            ActiveRun run = find(request.run());
            if (run != null) {
                run.limiter().limit(request.bytesPerSecond());
            }
        } else if (message instanceof ServerMessage.CancelRun request) {
            cancel(request);
        } else if (message instanceof ServerMessage.Unsupported unsupported) {
            log.warn("the appliance does not know the message {}", unsupported.messageType());
        } else if (message instanceof ServerMessage.Welcome || message instanceof ServerMessage.Refused) {
            throw Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "a second greeting")
                    .asException();
        }
    }

    /** Stops and releases the run, if there is one; returns before that is done. */
    public void release(Problem reason) {
        ActiveRun run;
        synchronized (this) {
            run = active;
            active = null;
        }
        if (run != null) {
            run.control().stop(reason);
            enqueue(() -> work.release(run));
        }
    }

    /** Has the worker do something between runs; not done if a run has begun when its turn comes. */
    public void whenIdle(Runnable task) {
        enqueue(() -> {
            if (isIdle()) {
                task.run();
            }
        });
    }

    private synchronized boolean isIdle() {
        return active == null;
    }

    /** State of the run with this id, or {@code ENDED} if it is not known. */
    public RunState state(String run) {
        ActiveRun known = find(run);
        return known == null ? RunState.ENDED : known.state();
    }

    private void describe(ServerMessage.DescribeHost request, Outbox outbox) {
        try {
            describer.execute(() -> {
                try {
                    outbox.send(work.describe(request));
                } catch (Throwable e) {
                    // Errors too: a question without an answer keeps the appliance waiting for its whole limit.
                    log.error("this host could not be described", e);
                    outbox.send(failed(request.request(), null, e));
                }
            });
        } catch (RejectedExecutionException e) {
            log.debug("no description any more: the agent is closing");
        }
    }

    private void begin(ServerMessage.BeginRun request, Outbox outbox) {
        ActiveRun before;
        ActiveRun run;
        synchronized (this) {
            before = active;
            if (before != null && before.id().equals(request.run())) {
                outbox.send(refusal(
                        request.request(),
                        request.run(),
                        Problem.of(ProblemCode.RUN_IN_PROGRESS, "host", work.hostName())));
                return;
            }
            run = new ActiveRun(request.run());
            active = run;
        }
        if (before != null) {
            before.control().stop(Problem.of(ProblemCode.CANCELLED, "what", "run " + before.id()));
        }
        enqueue(() -> {
            if (before != null) {
                work.release(before);
            }
            try {
                AgentMessage.RunBegun begun = work.begin(request, run);
                run.move(RunState.IDLE, RunState.BEGUN);
                outbox.send(begun);
            } catch (Throwable e) {
                fail(request.request(), run, e, outbox);
            }
        });
    }

    private void transfer(ServerMessage.Transfer request, Outbox outbox) {
        ActiveRun run = find(request.run());
        if (run == null) {
            outbox.send(refusal(
                    request.request(), request.run(), Problem.of(ProblemCode.RUN_UNKNOWN, "run", request.run())));
            return;
        }
        if (!run.move(RunState.BEGUN, RunState.TRANSFERRING)) {
            outbox.send(refusal(
                    request.request(),
                    request.run(),
                    Problem.of(ProblemCode.RUN_IN_PROGRESS, "host", work.hostName())));
            return;
        }
        enqueue(() -> {
            try {
                AgentMessage.TransferFinished finished = work.transfer(request, run, outbox);
                run.move(RunState.TRANSFERRING, RunState.TRANSFERRED);
                outbox.send(finished);
            } catch (Throwable e) {
                fail(request.request(), run, e, outbox);
            }
        });
    }

    private void end(ServerMessage.EndRun request, Outbox outbox) {
        AgentMessage.RunEnded answer = new AgentMessage.RunEnded(request.request(), request.run());
        ActiveRun run;
        boolean otherRuns;
        synchronized (this) {
            otherRuns = active != null && !active.id().equals(request.run());
            run = otherRuns ? null : active;
            active = otherRuns ? active : null;
        }
        if (otherRuns) {
            outbox.send(answer);
            return;
        }
        String point = request.committedPoint();
        boolean transferred = run != null && run.state() == RunState.TRANSFERRED;
        if (run != null && !transferred) {
            run.control().stop(Problem.of(ProblemCode.CANCELLED, "what", "run " + run.id()));
        }
        enqueue(() -> {
            if (run != null) {
                if (transferred && point != null) {
                    work.commit(run, point);
                }
                work.release(run);
            }
            outbox.send(answer);
        });
    }

    private void cancel(ServerMessage.CancelRun request) {
        ActiveRun run = find(request.run());
        if (run != null) {
            run.control().stop(Problem.of(ProblemCode.CANCELLED, "what", "run " + run.id()));
            enqueue(() -> {
                work.release(run);
                forget(run);
            });
        }
    }

    private void fail(long request, ActiveRun run, Throwable failure, Outbox outbox) {
        work.release(run);
        forget(run);
        if (RunWork.problem(failure).code() == ProblemCode.INTERNAL) {
            log.error("run {} failed", run.id(), failure);
        } else {
            log.warn("run {}: {}", run.id(), RunWork.problem(failure).english());
        }
        outbox.send(failed(request, run.id(), failure));
    }

    private static AgentMessage.Failed failed(long request, @Nullable String run, Throwable failure) {
        return refusal(request, run, RunWork.problem(failure));
    }

    private static AgentMessage.Failed refusal(long request, @Nullable String run, Problem problem) {
        return new AgentMessage.Failed(request, run, problem.code(), Map.copyOf(problem.values()), problem.details());
    }

    private synchronized @Nullable ActiveRun find(String id) {
        return active != null && active.id().equals(id) ? active : null;
    }

    private synchronized void forget(ActiveRun run) {
        if (active == run) {
            active = null;
        }
    }

    private void enqueue(Runnable task) {
        try {
            worker.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    log.error("a step could not be ended cleanly", e);
                }
            });
        } catch (RejectedExecutionException e) {
            log.debug("no more work: the agent is closing");
        }
    }

    /** Stops and releases the run and waits for that. */
    @Override
    public void close() {
        release(Problem.of(ProblemCode.CANCELLED, "what", "the agent's work"));
        worker.shutdown();
        describer.shutdownNow();
        try {
            if (!worker.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                log.warn("a run could not be released within {} s", CLOSE_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
