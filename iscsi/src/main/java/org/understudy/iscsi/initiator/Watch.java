package org.understudy.iscsi.initiator;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The one thread that keeps time for all sessions; what runs on it must not block. */
final class Watch {

    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private Watch() {}

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, work -> {
            Thread thread = new Thread(work, "iscsi-initiator-watch");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }

    static ScheduledFuture<?> every(Duration interval, Runnable work) {
        long nanos = interval.toNanos();
        return TIMER.scheduleWithFixedDelay(work, nanos, nanos, TimeUnit.NANOSECONDS);
    }

    static ScheduledFuture<?> after(Duration delay, Runnable work) {
        return TIMER.schedule(work, delay.toNanos(), TimeUnit.NANOSECONDS);
    }
}
