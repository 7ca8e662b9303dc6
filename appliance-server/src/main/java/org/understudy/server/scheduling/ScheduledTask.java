package org.understudy.server.scheduling;

import java.time.Instant;

/** What a schedule starts. Beans of this type are found by their kind. {@link #run} returns soon. */
public interface ScheduledTask {

    /** Unique among all tasks: {@code backup-run}. */
    String kind();

    /**
     * @param id what the schedule was named with
     * @param scheduledFor when it should have run
     * @param madeUp whether it runs late because the server was down at that time
     */
    void run(String id, Instant scheduledFor, boolean madeUp);
}
