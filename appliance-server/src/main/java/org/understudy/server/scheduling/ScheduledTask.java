package org.understudy.server.scheduling;

import java.time.Instant;

/**
 * Work that a {@link Scheduler} starts; a Spring bean found by its kind. The same id of one kind never runs twice at once;
 * different ids do.
 */
public interface ScheduledTask {

    /** Unique among all tasks, and stable: it is stored with every schedule. */
    String kind();

    /**
     * Does the work for one id, on a thread of the scheduler: start long work elsewhere and return. An exception is logged and
     * ends this run only.
     *
     * @param id as it was given to the scheduler; what it names may be gone by now
     * @param scheduledFor the instant that was due
     * @param madeUp true if that instant was missed and is made up now
     */
    void run(String id, Instant scheduledFor, boolean madeUp);
}
