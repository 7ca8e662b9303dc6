package org.understudy.server.protection;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.understudy.server.scheduling.Scheduler;

/** Remembers schedules as text; fires nothing by itself. */
final class FakeScheduler implements Scheduler {

    private final Map<String, String> schedules = new TreeMap<>();
    private final Map<String, Instant> next = new TreeMap<>();

    @Override
    public synchronized void every(String kind, String id, Duration interval, Instant firstAt) {
        String text = "every " + interval;
        if (!text.equals(schedules.put(kind + " " + id, text))) {
            next.put(kind + " " + id, firstAt);
        }
    }

    @Override
    public synchronized void cron(String kind, String id, String expression, ZoneId zone) {
        schedules.put(kind + " " + id, "cron " + expression + " " + zone);
    }

    @Override
    public synchronized void once(String kind, String id, Instant at) {
        schedules.put(kind + " " + id, "once");
        next.put(kind + " " + id, at);
    }

    @Override
    public synchronized void cancel(String kind, String id) {
        schedules.remove(kind + " " + id);
        next.remove(kind + " " + id);
    }

    @Override
    public synchronized Optional<Instant> nextFireTime(String kind, String id) {
        return Optional.ofNullable(next.get(kind + " " + id));
    }

    /** {@code every PT1H}, {@code cron 0 0 * * * ? UTC} or {@code once}. */
    synchronized Optional<String> schedule(String kind, Object id) {
        return Optional.ofNullable(schedules.get(kind + " " + id));
    }

    synchronized void clear() {
        schedules.clear();
        next.clear();
    }
}
