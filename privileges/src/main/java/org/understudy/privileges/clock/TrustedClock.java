package org.understudy.privileges.clock;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * The time that locks are judged by: the machine's clock, but never later than the last trusted time plus the uptime since. A
 * clock that is more than an hour ahead of that (all its small steps together, restarts included) is doubted; if time sources
 * do not confirm it within fifteen minutes it is frozen until a person at the box does. A clock set back only makes locks last
 * longer. Thread-safe.
 */
public final class TrustedClock {

    /** What the clock may gain without proof, in sum. */
    public static final Duration LIMIT = Duration.ofHours(1);

    /** How long time sources may take to agree. */
    public static final Duration PATIENCE = Duration.ofMinutes(15);

    /** A person's confirmation is for what the person saw. */
    static final Duration CONFIRMATION_WINDOW = Duration.ofMinutes(5);

    /** Below this there is nothing to be proven. */
    private static final Duration NEGLIGIBLE = Duration.ofSeconds(30);

    private static final Logger log = LoggerFactory.getLogger(TrustedClock.class);

    /** The clock as it is now. */
    public record Reading(ClockState state, String reason, Instant wall, Instant trusted) {}

    private final Clock wall;
    private final Uptime uptime;
    private final TimeSources sources;
    private final ClockFile file;

    private Instant anchor;
    private Uptime.Reading anchoredAt;
    private ClockState state = ClockState.TRUSTED;
    private String reason = "";
    /** Since when the clock is doubted; null in other states. */
    private @Nullable Duration doubtedSince;

    public TrustedClock(Clock wall, Uptime uptime, TimeSources sources, ClockFile file) {
        this.wall = wall;
        this.uptime = uptime;
        this.sources = sources;
        this.file = file;
        Uptime.Reading now = uptime.read();
        this.anchor = wall.instant();
        this.anchoredAt = now;
        ClockFile.Found found = file.load();
        if (found instanceof ClockFile.Kept kept) {
            resume(kept.saved(), now);
        } else if (found instanceof ClockFile.Damaged damaged) {
            freeze("the file that keeps the last time is damaged: " + damaged.why());
        } else {
            doubt(now, "it is the first start, and there is no earlier time to compare with");
        }
    }

    private void resume(ClockFile.Saved saved, Uptime.Reading now) {
        anchor = saved.time();
        boolean sameStart = saved.uptime().boot().equals(now.boot())
                && saved.uptime().elapsed().compareTo(now.elapsed()) <= 0;
        // While the machine was off nothing measured the time, so none counts as passed until somebody confirms it.
        anchoredAt = sameStart ? saved.uptime() : now;
        if (saved.frozen()) {
            freeze("it was frozen before the restart");
        }
    }

    /** The clock now; a jump since the last look is seen here. */
    public synchronized Reading read() {
        Uptime.Reading now = uptime.read();
        Instant expected = expected(now);
        Instant shown = wall.instant();
        Duration ahead = Duration.between(expected, shown);
        if (state == ClockState.TRUSTED && ahead.compareTo(LIMIT) > 0) {
            doubt(
                    now,
                    "it is " + ahead.toMinutes()
                            + " minutes ahead of the time that passed since it was last confirmed");
        }
        return new Reading(state, reason, shown, shown.isBefore(expected) ? shown : expected);
    }

    /** The time to judge locks by. @throws org.understudy.core.problem.ProblemException {@code CLOCK_NOT_TRUSTED} */
    public Instant requireTrusted() {
        Reading now = read();
        if (now.state() != ClockState.TRUSTED) {
            throw Problem.of(ProblemCode.CLOCK_NOT_TRUSTED, "time", now.wall().toString(), "reason", now.reason())
                    .asException();
        }
        return now.trusted();
    }

    /** Asks time sources if there is something to ask, and keeps what is known. Called every minute. */
    public void tick() {
        Reading before = read();
        boolean unproven = Duration.between(before.trusted(), before.wall()).compareTo(NEGLIGIBLE) > 0;
        if (before.state() == ClockState.DOUBTED || (before.state() == ClockState.TRUSTED && unproven)) {
            // Not under the lock: the sources may be slow, and requests need the clock.
            settle(sources.ask());
        }
        save();
    }

    private synchronized void settle(TimeSources.Verdict verdict) {
        Uptime.Reading now = uptime.read();
        if (state == ClockState.FROZEN) {
            return;
        }
        if (verdict.agreed()) {
            trust(now, verdict.evidence());
        } else if (state == ClockState.DOUBTED
                && doubtedSince != null
                && now.elapsed().minus(doubtedSince).compareTo(PATIENCE) >= 0) {
            freeze(reason + "; " + verdict.evidence());
        }
    }

    /**
     * A person at the box says that the clock is right.
     *
     * @param seen the time that the person was shown
     * @throws org.understudy.core.problem.ProblemException {@code CONFLICT} if that is not the present time
     */
    public synchronized void confirm(Instant seen) {
        Instant now = wall.instant();
        if (Duration.between(seen, now).abs().compareTo(CONFIRMATION_WINDOW) > 0) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "the clock shows " + now + " and not " + seen)
                    .asException();
        }
        trust(uptime.read(), "confirmed at the box");
        save();
    }

    /** Makes what is known durable. */
    public synchronized void save() {
        Uptime.Reading now = uptime.read();
        file.save(new ClockFile.Saved(expected(now), now, state == ClockState.FROZEN));
    }

    private Instant expected(Uptime.Reading now) {
        return anchor.plus(now.elapsed().minus(anchoredAt.elapsed()));
    }

    private void trust(Uptime.Reading now, String evidence) {
        anchor = wall.instant();
        anchoredAt = now;
        move(ClockState.TRUSTED, evidence);
        reason = "";
        doubtedSince = null;
    }

    private void doubt(Uptime.Reading now, String why) {
        reason = why;
        doubtedSince = now.elapsed();
        move(ClockState.DOUBTED, why);
    }

    private void freeze(String why) {
        reason = why;
        doubtedSince = null;
        move(ClockState.FROZEN, why);
    }

    private void move(ClockState next, String why) {
        if (next == ClockState.FROZEN) {
            log.error(
                    "alarm: clock {} => {}: {}; no recovery point is destroyed until it is confirmed",
                    state,
                    next,
                    why);
        } else if (next != state) {
            log.warn("clock {} => {}: {}", state, next, why);
        }
        state = next;
    }
}
