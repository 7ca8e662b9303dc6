package org.understudy.server.access.internal;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Counts failures per user name and per address and locks both out: nothing for the first four, 30 seconds at the fifth,
 * twice as long at each further one, at most 15 minutes. Attempts while locked are refused unseen and do not count.
 */
@Component
class LoginGuard {

    static final int FREE_FAILURES = 4;
    static final Duration FIRST_DELAY = Duration.ofSeconds(30);
    static final Duration LONGEST_DELAY = Duration.ofMinutes(15);
    static final Duration FORGOTTEN_AFTER = Duration.ofDays(1);

    private static final int MAXIMUM_SUBJECT = 64;

    private final JdbcClient database;
    private final Clock clock;

    LoginGuard(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** @throws org.understudy.core.problem.ProblemException {@code LOGIN_LOCKED} */
    void check(String user, String address) {
        Instant now = clock.instant();
        database
                .sql(
                        "select max(locked_until) from access_failure where subject in (:subjects) and locked_until > :now")
                .param("subjects", subjects(user, address))
                .param("now", Timestamp.from(now))
                .query((row, number) -> row.getTimestamp(1))
                .list()
                .stream()
                .filter(java.util.Objects::nonNull)
                .findFirst()
                .ifPresent(until -> {
                    throw locked(Duration.between(now, until.toInstant()));
                });
    }

    /** Counts a failure; returns how long both are locked out now. */
    Duration failed(String user, String address) {
        Instant now = clock.instant();
        database.sql("delete from access_failure where last_failed_at < :old")
                .param("old", Timestamp.from(now.minus(FORGOTTEN_AFTER)))
                .update();
        Duration longest = Duration.ZERO;
        for (String subject : subjects(user, address)) {
            int failures = database.sql("""
                            insert into access_failure (subject, failures, last_failed_at) values (:subject, 1, :now)
                            on conflict (subject) do update
                            set failures = access_failure.failures + 1, last_failed_at = :now
                            returning failures""")
                    .param("subject", subject)
                    .param("now", Timestamp.from(now))
                    .query(Integer.class)
                    .single();
            Duration delay = delay(failures);
            if (delay.isPositive()) {
                database.sql("update access_failure set locked_until = :until where subject = :subject")
                        .param("until", Timestamp.from(now.plus(delay)))
                        .param("subject", subject)
                        .update();
            }
            longest = delay.compareTo(longest) > 0 ? delay : longest;
        }
        return longest;
    }

    void succeeded(String user, String address) {
        database.sql("delete from access_failure where subject in (:subjects)")
                .param("subjects", subjects(user, address))
                .update();
    }

    static Duration delay(int failures) {
        if (failures <= FREE_FAILURES) {
            return Duration.ZERO;
        }
        int doublings = Math.min(failures - FREE_FAILURES - 1, 10);
        Duration delay = FIRST_DELAY.multipliedBy(1L << doublings);
        return delay.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : delay;
    }

    static org.understudy.core.problem.ProblemException locked(Duration left) {
        long seconds = Math.max(1, left.plusMillis(999).toSeconds());
        return Problem.of(ProblemCode.LOGIN_LOCKED, "seconds", Long.toString(seconds))
                .asException();
    }

    private static List<String> subjects(String user, String address) {
        return List.of("user:" + shortened(user), "address:" + shortened(address));
    }

    private static String shortened(String text) {
        String plain = text.strip().toLowerCase(Locale.ROOT).replace("\0", "");
        return plain.length() > MAXIMUM_SUBJECT ? plain.substring(0, MAXIMUM_SUBJECT) : plain;
    }
}
