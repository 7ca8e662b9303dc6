package org.understudy.server.scheduling.quartz;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Date;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.quartz.CalendarIntervalScheduleBuilder;
import org.quartz.CalendarIntervalTrigger;
import org.quartz.CronExpression;
import org.quartz.CronScheduleBuilder;
import org.quartz.CronTrigger;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.ScheduleBuilder;
import org.quartz.SchedulerException;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.SimpleTrigger;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.scheduling.Scheduler;

/**
 * Schedules as Quartz triggers, one job and one trigger per schedule, both named by the id in the group of the kind. Intervals
 * are calendar-interval triggers and not simple ones, because only those keep their phase when a missed instant is made up.
 */
@Component
public class StoredSchedules implements Scheduler {

    /** How late a firing may be and still count as in time. */
    static final long MISFIRE_THRESHOLD_MILLIS = TimeUnit.SECONDS.toMillis(5);

    private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(5);
    private static final Duration LONGEST_INTERVAL = Duration.ofDays(3660);
    private static final int LONGEST_NAME = 150;
    private static final int LONGEST_EXPRESSION = 120;

    private final org.quartz.Scheduler quartz;
    private final MissedInstants missed;
    private final Clock clock;
    private final TransactionTemplate transaction;

    public StoredSchedules(
            org.quartz.Scheduler quartz, MissedInstants missed, Clock clock, PlatformTransactionManager transactions) {
        this.quartz = quartz;
        this.transaction = new TransactionTemplate(transactions);
        this.missed = missed;
        this.clock = clock;
    }

    @Override
    public void every(String kind, String id, Duration interval, Instant firstAt) {
        TriggerKey key = key(kind, id);
        if (interval.compareTo(SHORTEST_INTERVAL) < 0
                || interval.compareTo(LONGEST_INTERVAL) > 0
                || interval.getNano() != 0) {
            throw invalid("an interval must be whole seconds, at least five, and not " + interval);
        }
        int seconds = Math.toIntExact(interval.toSeconds());
        if (current(key) instanceof CalendarIntervalTrigger present && present.getRepeatInterval() == seconds) {
            return;
        }
        CalendarIntervalScheduleBuilder schedule = CalendarIntervalScheduleBuilder.calendarIntervalSchedule()
                .withIntervalInSeconds(seconds)
                .withMisfireHandlingInstructionFireAndProceed();
        set(key, schedule, inPhase(firstAt, interval, clock.instant()));
    }

    @Override
    public void cron(String kind, String id, String expression, ZoneId zone) {
        TriggerKey key = key(kind, id);
        TimeZone timeZone = TimeZone.getTimeZone(zone);
        if (expression.length() > LONGEST_EXPRESSION) {
            throw invalid("a cron expression may have " + LONGEST_EXPRESSION + " characters");
        }
        CronExpression cron;
        try {
            cron = new CronExpression(expression);
        } catch (java.text.ParseException e) {
            throw invalid("\"" + expression + "\" is not a cron expression: " + e.getMessage());
        }
        cron.setTimeZone(timeZone);
        if (cron.getNextValidTimeAfter(Date.from(clock.instant())) == null) {
            throw invalid("the cron expression \"" + expression + "\" never comes");
        }
        if (current(key) instanceof CronTrigger present
                && present.getCronExpression().equals(cron.getCronExpression())
                && present.getTimeZone().equals(timeZone)) {
            return;
        }
        CronScheduleBuilder schedule = CronScheduleBuilder.cronSchedule(cron)
                .inTimeZone(timeZone)
                .withMisfireHandlingInstructionFireAndProceed();
        set(key, schedule, clock.instant());
    }

    @Override
    public void once(String kind, String id, Instant at) {
        TriggerKey key = key(kind, id);
        if (current(key) instanceof SimpleTrigger present
                && present.getStartTime().toInstant().toEpochMilli() == at.toEpochMilli()) {
            return;
        }
        set(key, SimpleScheduleBuilder.simpleSchedule().withMisfireHandlingInstructionFireNow(), at);
    }

    @Override
    public void cancel(String kind, String id) {
        TriggerKey key = key(kind, id);
        asking(() -> quartz.unscheduleJob(key));
        missed.forget(key);
    }

    @Override
    public Optional<Instant> nextFireTime(String kind, String id) {
        Trigger trigger = current(key(kind, id));
        return Optional.ofNullable(trigger).map(Trigger::getNextFireTime).map(Date::toInstant);
    }

    /** {@code firstAt}, or if that has passed the first instant from now on that is whole intervals after it. */
    static Instant inPhase(Instant firstAt, Duration interval, Instant now) {
        if (!firstAt.isBefore(now)) {
            return firstAt;
        }
        long passed = Duration.between(firstAt, now).toMillis();
        long step = interval.toMillis();
        return firstAt.plusMillis(Math.multiplyExact(Math.ceilDiv(passed, step), step));
    }

    private <T extends Trigger> void set(TriggerKey key, ScheduleBuilder<T> schedule, Instant start) {
        missed.forget(key);
        JobDetail job = JobBuilder.newJob(TaskJob.class)
                .withIdentity(key.getName(), key.getGroup())
                .build();
        Trigger trigger = TriggerBuilder.newTrigger()
                .withIdentity(key)
                .forJob(job)
                .startAt(Date.from(start))
                .withSchedule(schedule)
                .build();
        Trigger present = current(key);
        if (present == null || present.getClass().equals(trigger.getClass())) {
            asking(() -> {
                quartz.scheduleJob(job, Set.of(trigger), true);
                return true;
            });
        } else {
            // Replacing a trigger by one of another type would leave the rows of the old type behind.
            transaction.executeWithoutResult(status -> asking(() -> {
                quartz.unscheduleJob(key);
                return quartz.scheduleJob(job, trigger);
            }));
        }
    }

    private @Nullable Trigger current(TriggerKey key) {
        return asking(() -> quartz.getTrigger(key));
    }

    private interface Question<T extends @Nullable Object> {
        T ask() throws SchedulerException;
    }

    private static <T extends @Nullable Object> T asking(Question<T> question) {
        try {
            return question.ask();
        } catch (SchedulerException e) {
            throw new IllegalStateException("the store of schedules failed", e);
        }
    }

    private static TriggerKey key(String kind, String id) {
        for (String name : new String[] {kind, id}) {
            if (name.isBlank() || name.length() > LONGEST_NAME) {
                throw invalid("a schedule needs a kind and an id of 1 to " + LONGEST_NAME + " characters");
            }
        }
        return new TriggerKey(id, kind);
    }

    private static RuntimeException invalid(String reason) {
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", reason).asException();
    }
}
