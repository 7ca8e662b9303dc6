package org.understudy.server.scheduling;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;

/**
 * Starts {@link ScheduledTask}s at their times. A schedule is named by the kind of its task and an id; giving a schedule to a
 * name replaces the one it had. Schedules outlive a restart; one whose time passed while the server was down is made up once.
 * Thread-safe.
 */
public interface Scheduler {

    void every(String kind, String id, Duration interval, Instant firstAt);

    /** @param expression a Quartz cron expression, six or seven fields */
    void cron(String kind, String id, String expression, ZoneId zone);

    void once(String kind, String id, Instant at);

    /** Forgets a schedule; does nothing if there is none. */
    void cancel(String kind, String id);

    Optional<Instant> nextFireTime(String kind, String id);
}
