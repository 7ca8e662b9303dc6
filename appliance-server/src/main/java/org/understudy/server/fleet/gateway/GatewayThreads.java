package org.understudy.server.fleet.gateway;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

/**
 * The threads of the gateway: a timer that only starts work, workers that may block, and one that publishes events in the order
 * in which things happened, so that a host is never said to be gone after it came back.
 */
@Component
public class GatewayThreads implements DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(GatewayThreads.class);

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("agent-timer").factory());
    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("agent-worker-", 0).factory());
    private final ExecutorService inOrder = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("agent-events").factory());

    ScheduledExecutorService timer() {
        return timer;
    }

    ExecutorService workers() {
        return workers;
    }

    /** Runs {@code work} on a worker after {@code delay}. */
    void after(Duration delay, Runnable work) {
        var unused = timer.schedule(() -> workers.execute(logging(work)), delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    void inOrder(Runnable work) {
        inOrder.execute(logging(work));
    }

    private static Runnable logging(Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                log.error("Work of the agent gateway failed", e);
            }
        };
    }

    @Override
    public void destroy() throws InterruptedException {
        timer.shutdownNow();
        inOrder.shutdown();
        if (!inOrder.awaitTermination(5, TimeUnit.SECONDS)) {
            inOrder.shutdownNow();
        }
        workers.shutdown();
        if (!workers.awaitTermination(5, TimeUnit.SECONDS)) {
            workers.shutdownNow();
        }
    }
}
