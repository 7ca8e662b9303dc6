package org.understudy.iscsi.target;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the work of one connection on at most a few threads of the shared pool, so that a connection whose work blocks holds
 * up only itself. Thread-safe.
 */
final class CommandExecutor implements Executor {

    private static final Logger log = LoggerFactory.getLogger(CommandExecutor.class);

    private final Executor pool;
    private final int parallel;
    private final Runnable onBug;
    private final Queue<Runnable> queue = new ArrayDeque<>();
    private int running;

    /**
     * @param onBug called when work threw what it must not throw
     */
    CommandExecutor(Executor pool, int parallel, Runnable onBug) {
        this.pool = pool;
        this.parallel = parallel;
        this.onBug = onBug;
    }

    @Override
    public void execute(Runnable work) {
        synchronized (this) {
            queue.add(work);
            if (running == parallel) {
                return;
            }
            running++;
        }
        pool.execute(this::workOff);
    }

    private void workOff() {
        while (true) {
            Runnable work;
            synchronized (this) {
                work = queue.poll();
                if (work == null) {
                    running--;
                    notifyAll();
                    return;
                }
            }
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                log.error("a command ended in a defect; its connection is closed", e);
                onBug.run();
            }
        }
    }

    /** Waits until nothing runs or waits. */
    synchronized void awaitIdle() throws InterruptedException {
        while (running > 0 || !queue.isEmpty()) {
            wait();
        }
    }
}
