package org.understudy.agent.control;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * The stop button of one run. The worker asks {@link #check} between pieces of work and registers what frees it from a call that
 * blocks; whoever stops the run presses once. Thread-safe.
 */
public final class RunControl {

    private final List<Runnable> interrupters = new ArrayList<>();
    private @Nullable Problem stopped;

    /** Registration of an interrupter; closing it waits until the interrupter does not run any more. */
    public interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    /** Stops the run. The first reason counts. Runs the interrupters, which must not block. */
    public synchronized void stop(Problem reason) {
        if (stopped == null) {
            stopped = reason;
            interrupters.forEach(Runnable::run);
        }
    }

    public synchronized boolean isStopped() {
        return stopped != null;
    }

    /** Ends the calling work with the reason if the run was stopped. */
    public synchronized void check() {
        if (stopped != null) {
            throw stopped.asException();
        }
    }

    /** What an {@link InterruptedException} in a run means: the reason for the stop, or a shutdown of the agent. */
    public synchronized ProblemException interrupted(InterruptedException e) {
        Problem reason = stopped == null ? Problem.of(ProblemCode.CANCELLED, "what", "the agent's work") : stopped;
        return reason.asException(e);
    }

    /** Has {@code interrupter} called when the run is stopped; at once if it already was. */
    public synchronized Registration onStop(Runnable interrupter) {
        interrupters.add(interrupter);
        if (stopped != null) {
            interrupter.run();
        }
        return () -> remove(interrupter);
    }

    /** Has the calling thread interrupted when the run is stopped; on close its interrupt flag is cleared. */
    public Registration interruptThisThread() {
        Thread worker = Thread.currentThread();
        Registration registration = onStop(worker::interrupt);
        return () -> {
            registration.close();
            Thread.interrupted();
        };
    }

    private synchronized void remove(Runnable interrupter) {
        interrupters.remove(interrupter);
    }
}
