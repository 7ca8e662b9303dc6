package org.understudy.demo.process;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for a condition of another process, which cannot notify us, by asking ten times a second. */
public final class Await {

    private static final Duration PAUSE = Duration.ofMillis(100);

    private Await() {}

    /** @throws IllegalStateException if the condition does not come true within {@code limit} */
    public static void until(String what, Duration limit, Callable<Boolean> condition) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!ask(condition)) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("waited " + limit.toSeconds() + " s in vain for " + what);
            }
            Thread.sleep(PAUSE);
        }
    }

    private static boolean ask(Callable<Boolean> condition) throws InterruptedException {
        try {
            return condition.call();
        } catch (RuntimeException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
