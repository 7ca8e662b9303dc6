package org.understudy.server.web.console;

import java.text.NumberFormat;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;
import org.understudy.core.problem.Problem;
import org.understudy.server.kernel.ByteSize;
import org.understudy.webui.view.BadgeView;
import org.understudy.webui.view.FactView;
import org.understudy.webui.view.ProblemView;
import org.understudy.webui.view.TimeView;
import org.understudy.webui.view.Tone;

/** Words, numbers and times for one reader. Immutable. */
final class Phrases {

    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT);
    private static final DateTimeFormatter SECOND =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss 'UTC'xxx", Locale.ROOT);
    private static final DateTimeFormatter OFFSET = DateTimeFormatter.ofPattern("'UTC'xxx", Locale.ROOT);
    private static final Duration JUST_NOW = Duration.ofSeconds(10);

    private final Locale locale;
    private final ZoneId zone;
    private final Clock clock;
    private final MessageSource messages;

    Phrases(Locale locale, ZoneId zone, Clock clock, MessageSource messages) {
        this.locale = locale;
        this.zone = zone;
        this.clock = clock;
        this.messages = messages;
    }

    Locale locale() {
        return locale;
    }

    ZoneId zone() {
        return zone;
    }

    Instant now() {
        return clock.instant();
    }

    String text(String key, @Nullable Object... arguments) {
        return messages.getMessage(key, arguments, locale);
    }

    /** A text that may be missing. */
    String textOr(String key, String otherwise) {
        String found = messages.getMessage(key, null, otherwise, locale);
        return found == null ? otherwise : found;
    }

    /** The name of a constant: the message {@code prefix.CONSTANT}. */
    String name(String prefix, Enum<?> value) {
        return text(prefix + "." + value.name());
    }

    BadgeView badge(Tone tone, String key, @Nullable Object... arguments) {
        return new BadgeView(tone, text(key, arguments));
    }

    FactView fact(String key, String value) {
        return new FactView(text(key), value);
    }

    TimeView time(Instant instant) {
        ZonedDateTime there = instant.atZone(zone);
        return new TimeView(instant.toString(), MINUTE.format(there), SECOND.format(there), ago(instant));
    }

    @Nullable
    TimeView time(Optional<Instant> instant) {
        return instant.map(this::time).orElse(null);
    }

    /** {@code Asia/Shanghai (UTC+08:00)}. */
    String zoneName() {
        return zone.getId() + " (" + OFFSET.format(now().atZone(zone)) + ")";
    }

    String ago(Instant instant) {
        Duration age = Duration.between(instant, now());
        if (age.abs().compareTo(JUST_NOW) < 0) {
            return text("time.now");
        }
        return age.isNegative() ? text("time.in", coarse(age.negated())) : text("time.ago", coarse(age));
    }

    /** One unit, rounded down: {@code 3 h}. */
    String coarse(Duration duration) {
        if (duration.toDays() >= 2) {
            return text("time.days", count(duration.toDays()));
        }
        if (duration.toHours() >= 1) {
            return text("time.hours", count(duration.toHours()));
        }
        if (duration.toMinutes() >= 1) {
            return text("time.minutes", count(duration.toMinutes()));
        }
        return text("time.seconds", count(duration.toSeconds()));
    }

    /** Two units: {@code 4 min 5 s}; short ones with tenths, very short ones in milliseconds. */
    String duration(Duration duration) {
        long seconds = duration.toSeconds();
        if (duration.toMillis() > 0 && duration.toMillis() < 100) {
            return text("time.milliseconds", count(duration.toMillis()));
        }
        if (seconds < 60) {
            boolean tenths = seconds < 20 && duration.toMillis() % 1000 != 0;
            return text(
                    "time.seconds",
                    tenths ? String.format(Locale.ROOT, "%.1f", duration.toMillis() / 1000.0) : count(seconds));
        }
        if (seconds < 3600) {
            return pair("time.minutes", seconds / 60, "time.seconds", seconds % 60);
        }
        if (seconds < 86_400) {
            return pair("time.hours", seconds / 3600, "time.minutes", seconds % 3600 / 60);
        }
        return pair("time.days", seconds / 86_400, "time.hours", seconds % 86_400 / 3600);
    }

    private String pair(String bigKey, long big, String smallKey, long small) {
        String first = text(bigKey, count(big));
        return small == 0 ? first : first + " " + text(smallKey, count(small));
    }

    String size(long bytes) {
        return new ByteSize(Math.max(0, bytes)).toString();
    }

    String rate(long bytesPerSecond) {
        return size(bytesPerSecond) + "/s";
    }

    String count(long number) {
        return NumberFormat.getIntegerInstance(locale).format(number);
    }

    String percent(long part, long whole) {
        return whole <= 0 ? "–" : Math.round(100.0 * part / whole) + " %";
    }

    ProblemView problem(Problem problem) {
        return new ProblemView(
                problem.code().name(),
                name("fault", problem.faultClass()),
                problem.summary(locale),
                problem.cause(locale),
                problem.remedy(locale),
                problem.details());
    }

    @Nullable
    ProblemView problem(Optional<Problem> problem) {
        return problem.map(this::problem).orElse(null);
    }
}
