package org.understudy.agent.service;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;

/**
 * Gives memory back to the host when the agent has been idle for a while: a collection of the whole heap, after which the virtual
 * machine uncommits what it does not need and buffers outside the heap are freed. Not after each run, because in continuous mode
 * the next one needs the same memory seconds later; there, what runs do not need, such as what only the start needed, is given back
 * between two runs a few times a minute. Thread-safe.
 */
final class IdleMemory implements RunObserver, AutoCloseable {

    /** Seconds; for hosts and tests that want it sooner. */
    private static final String WAIT = "understudy.agent.idle-seconds";

    private static final int USUAL_SECONDS = 60;

    /** Pages come back one by one while the connection is kept. */
    private static final int AGAIN_AFTER_WAITS = 5;

    /** A small heap is seldom collected as a whole by itself, and grows instead. */
    private static final int TIDY_IN_A_WAIT = 2;

    private final Duration wait;
    private final Runnable release;
    private final Runnable tidy;
    private final Runnable each;
    private long tidyFrom;
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "idle-memory");
        thread.setDaemon(true);
        return thread;
    });
    private @Nullable ScheduledFuture<?> planned;

    /**
     * @param wait how long nothing may happen before memory is given back
     * @param release what gives it back
     * @param tidy what gives back the part that runs do not need
     * @param each the same after each run
     */
    IdleMemory(Duration wait, Runnable release, Runnable tidy, Runnable each) {
        this.wait = wait;
        this.release = release;
        this.tidy = tidy;
        this.each = each;
        tidyFrom = System.nanoTime() + wait.toNanos() / TIDY_IN_A_WAIT;
        timer.setRemoveOnCancelPolicy(true);
    }

    static IdleMemory after(Runnable release, Runnable tidy, Runnable each) {
        return new IdleMemory(Duration.ofSeconds(Integer.getInteger(WAIT, USUAL_SECONDS)), release, tidy, each);
    }

    @Override
    public synchronized void reached(RunPhase phase, @Nullable String run, int pass) {
        switch (phase) {
            case CONNECTED, DESCRIBING -> plan();
            case ENDED -> {
                plan();
                tidyIfDue();
            }
            case PRE_SCRIPT_DONE, BEGUN, LOGGED_IN -> cancel();
            case PASS_STARTED, FROZEN, THAWED, SENT, FLUSHED, DIGESTS_UPLOADED, TRANSFER_FINISHED -> {
                // A run is under way: cancelled when it began. Nothing may be started while file systems are frozen.
            }
        }
    }

    private void plan() {
        cancel();
        if (!timer.isShutdown()) {
            planned = timer.scheduleWithFixedDelay(
                    release, wait.toNanos(), wait.toNanos() * AGAIN_AFTER_WAITS, TimeUnit.NANOSECONDS);
        }
    }

    private void tidyIfDue() {
        if (timer.isShutdown()) {
            return;
        }
        long now = System.nanoTime();
        boolean due = now - tidyFrom >= 0;
        if (due) {
            tidyFrom = now + wait.toNanos() / TIDY_IN_A_WAIT;
        }
        timer.execute(due ? tidy : each);
    }

    private void cancel() {
        ScheduledFuture<?> before = planned;
        planned = null;
        if (before != null) {
            before.cancel(false);
        }
    }

    @Override
    public synchronized void close() {
        timer.shutdownNow();
    }
}
