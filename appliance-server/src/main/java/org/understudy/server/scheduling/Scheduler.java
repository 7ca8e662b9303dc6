package org.understudy.server.scheduling;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;

/**
 * When {@link ScheduledTask}s run. A schedule belongs to a kind of task and an id, is kept in the database and survives a
 * restart. Setting a schedule replaces the one of the same kind and id; setting the very same schedule again changes nothing,
 * so its phase is kept. Nothing fires before the application is ready. Instants that pass while the appliance is down or busy
 * are made up once, not once each. Thread-safe.
 *
 * <p>All methods throw {@code INVALID_REQUEST} for an empty kind or id or one with more than 150 characters.
 */
public interface Scheduler {

    /**
     * Runs the task at {@code firstAt} and then once per interval. If {@code firstAt} has passed, the phase is kept:
     * the next run is at {@code firstAt} plus a whole number of intervals, and the instants before now are not made up.
     *
     * <p>A schedule with the same interval that is set already is left as it is, whatever {@code firstAt} says.
     *
     * @param interval at least five seconds, else {@code INVALID_REQUEST}
     */
    void every(String kind, String id, Duration interval, Instant firstAt);

    /**
     * Runs the task by a cron expression with six or seven fields, seconds first, as Quartz reads it.
     *
     * @param zone whose wall clock the expression means
     * @throws org.understudy.core.problem.ProblemException {@code INVALID_REQUEST} if the expression is wrong or never fires
     */
    void cron(String kind, String id, String expression, ZoneId zone);

    /** Runs the task once; at once if {@code at} has passed. */
    void once(String kind, String id, Instant at);

    /** Forgets the schedule; a task that runs now runs on. Does nothing if there is none. */
    void cancel(String kind, String id);

    /** When the task is due next; empty if it has no schedule or its last instant has passed. */
    Optional<Instant> nextFireTime(String kind, String id);
}
