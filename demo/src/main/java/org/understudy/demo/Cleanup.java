package org.understudy.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Undoes what was done, last first. One failure does not keep the rest from being undone. Thread-safe. */
public final class Cleanup implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Cleanup.class);

    private final Deque<AutoCloseable> steps = new ArrayDeque<>();

    /** Remembers {@code resource} and returns it. */
    public synchronized <T extends AutoCloseable> T register(T resource) {
        steps.push(resource);
        return resource;
    }

    @Override
    public void close() {
        for (AutoCloseable step = next(); step != null; step = next()) {
            try {
                step.close();
            } catch (Exception e) {
                log.warn("Cleaning up failed in one step, going on: {}", e.toString());
            }
        }
    }

    private synchronized @org.jspecify.annotations.Nullable AutoCloseable next() {
        return steps.poll();
    }
}
