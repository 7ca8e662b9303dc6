package org.understudy.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Undoes what was done, last first. One failure does not keep the rest from being undone. Thread-safe. */
public final class Cleanup implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Cleanup.class);

    private final Deque<AutoCloseable> steps = new ArrayDeque<>();
    private final Object undoing = new Object();
    private final @Nullable Thread onInterrupt;

    public Cleanup() {
        onInterrupt = null;
    }

    private Cleanup(String threadName) {
        onInterrupt = new Thread(this::undo, threadName);
    }

    /** One that also happens when the process is interrupted before {@link #close} or {@link #leave}. */
    public static Cleanup alsoOnInterrupt() {
        Cleanup cleanup = new Cleanup("cleanup");
        Runtime.getRuntime().addShutdownHook(Objects.requireNonNull(cleanup.onInterrupt));
        return cleanup;
    }

    /** Remembers {@code resource} and returns it. */
    public synchronized <T extends AutoCloseable> T register(T resource) {
        steps.push(resource);
        return resource;
    }

    @Override
    public void close() {
        undo();
        leave();
    }

    /** Everything stays as it is, also when the process ends. */
    public void leave() {
        if (onInterrupt == null) {
            return;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(onInterrupt);
        } catch (IllegalStateException e) {
            log.debug("interrupted: the hook is running already", e);
        }
    }

    /** Who comes second waits for the first: the process ends with the hook, and must not end in the middle of the other's step. */
    private void undo() {
        synchronized (undoing) {
            for (AutoCloseable step = next(); step != null; step = next()) {
                try {
                    step.close();
                } catch (Exception e) {
                    log.warn("Cleaning up failed in one step, going on: {}", e.toString());
                }
            }
        }
    }

    private synchronized @Nullable AutoCloseable next() {
        return steps.poll();
    }
}
