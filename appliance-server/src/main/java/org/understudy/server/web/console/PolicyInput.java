package org.understudy.server.web.console;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.util.MultiValueMap;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RetentionRule;

/**
 * A policy as it was typed into the form: texts that need not be right yet, so that a refused form can be shown again as it
 * was. Windows and limits are rows; a row without times is left out.
 */
record PolicyInput(
        String name,
        String kind,
        String every,
        String everyUnit,
        String cron,
        String objective,
        String objectiveUnit,
        String zone,
        List<Row> windows,
        List<Row> limits,
        String everything,
        String everythingUnit,
        String last,
        String minutely,
        String hourly,
        String daily,
        String weekly,
        String monthly,
        String yearly,
        String freezeSeconds,
        boolean scripts,
        boolean verifyAfterRun) {

    static final List<String> UNITS = List.of("s", "min", "h", "d");
    private static final long MEBIBYTE = 1L << 20;

    /** @param rate MiB per second, for limits */
    record Row(Set<DayOfWeek> days, String from, String to, String rate) {

        static Row empty() {
            return new Row(EnumSet.allOf(DayOfWeek.class), "", "", "");
        }

        boolean blank() {
            return from.isBlank() && to.isBlank() && rate.isBlank();
        }
    }

    /** A sensible start for a new policy. */
    static PolicyInput fresh(ZoneId zone) {
        return new PolicyInput(
                "",
                "interval",
                "1",
                "h",
                "0 0 22 * * ?",
                "4",
                "h",
                zone.getId(),
                List.of(),
                List.of(),
                "0",
                "h",
                "24",
                "0",
                "24",
                "14",
                "8",
                "12",
                "0",
                seconds(ProtectionPolicy.DEFAULT_FREEZE_LIMIT),
                false,
                true);
    }

    static PolicyInput of(ProtectionPolicy policy) {
        String kind = "manual";
        String[] every = {"1", "h"};
        String cron = "";
        switch (policy.schedule()) {
            case ProtectionPolicy.Schedule.Interval interval -> {
                kind = "interval";
                every = amount(interval.every());
            }
            case ProtectionPolicy.Schedule.Cron expression -> {
                kind = "cron";
                cron = expression.expression();
            }
            case ProtectionPolicy.Schedule.Manual manual -> {
                // Nothing more to show.
            }
        }
        String[] objective = amount(policy.objective());
        RetentionRule rule = policy.retention();
        String[] everything = rule.everything().isZero() ? new String[] {"0", "h"} : amount(rule.everything());
        return new PolicyInput(
                policy.name(),
                kind,
                every[0],
                every[1],
                cron,
                objective[0],
                objective[1],
                policy.zone().getId(),
                policy.windows().stream().map(window -> row(window, "")).toList(),
                policy.bandwidth().stream()
                        .map(limit -> limit.when()
                                .map(window -> row(window, rate(limit)))
                                .orElse(new Row(EnumSet.allOf(DayOfWeek.class), "", "", rate(limit))))
                        .toList(),
                everything[0],
                everything[1],
                Integer.toString(rule.last()),
                Integer.toString(rule.minutely()),
                Integer.toString(rule.hourly()),
                Integer.toString(rule.daily()),
                Integer.toString(rule.weekly()),
                Integer.toString(rule.monthly()),
                Integer.toString(rule.yearly()),
                seconds(policy.freezeLimit()),
                policy.scripts(),
                policy.verifyAfterRun());
    }

    static PolicyInput of(MultiValueMap<String, String> form) {
        return new PolicyInput(
                text(form, "name"),
                text(form, "kind"),
                text(form, "every"),
                text(form, "everyUnit"),
                text(form, "cron"),
                text(form, "objective"),
                text(form, "objectiveUnit"),
                text(form, "zone"),
                rows(form, "window"),
                rows(form, "limit"),
                text(form, "everything"),
                text(form, "everythingUnit"),
                text(form, "last"),
                text(form, "minutely"),
                text(form, "hourly"),
                text(form, "daily"),
                text(form, "weekly"),
                text(form, "monthly"),
                text(form, "yearly"),
                text(form, "freezeSeconds"),
                form.containsKey("scripts"),
                form.containsKey("verifyAfterRun"));
    }

    /** @throws ProblemException {@code INVALID_REQUEST} naming the first field that cannot be understood */
    ProtectionPolicy toPolicy(PolicyId id, Phrases phrases) {
        return new ProtectionPolicy(
                id,
                name,
                schedule(phrases),
                windows.stream()
                        .filter(row -> !row.blank())
                        .map(row -> window(row, "policy.windows", phrases))
                        .toList(),
                limits.stream()
                        .filter(row -> !row.blank())
                        .map(row -> limit(row, phrases))
                        .toList(),
                rule(phrases),
                duration(objective, objectiveUnit, "policy.objective", phrases),
                zone(phrases),
                freezeLimit(phrases),
                scripts,
                verifyAfterRun);
    }

    private static String seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString();
    }

    private Duration freezeLimit(Phrases phrases) {
        try {
            return Duration.ofMillis(
                    new BigDecimal(freezeSeconds.strip()).movePointRight(3).longValueExact());
        } catch (ArithmeticException | NumberFormatException e) {
            throw wrong("policy.freeze", phrases);
        }
    }

    RetentionRule rule(Phrases phrases) {
        return new RetentionRule(
                everything.isBlank()
                        ? Duration.ZERO
                        : duration(everything, everythingUnit, "retention.everything", phrases),
                number(last, "retention.last", phrases),
                number(minutely, "retention.minutely", phrases),
                number(hourly, "retention.hourly", phrases),
                number(daily, "retention.daily", phrases),
                number(weekly, "retention.weekly", phrases),
                number(monthly, "retention.monthly", phrases),
                number(yearly, "retention.yearly", phrases));
    }

    private ProtectionPolicy.Schedule schedule(Phrases phrases) {
        return switch (kind) {
            case "interval" ->
                new ProtectionPolicy.Schedule.Interval(duration(every, everyUnit, "policy.every", phrases));
            case "cron" -> new ProtectionPolicy.Schedule.Cron(cron);
            case "manual" -> new ProtectionPolicy.Schedule.Manual();
            default -> throw wrong("policy.schedule", phrases);
        };
    }

    private ZoneId zone(Phrases phrases) {
        try {
            return ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw wrong("policy.zone", phrases);
        }
    }

    private static ProtectionPolicy.Window window(Row row, String field, Phrases phrases) {
        if (row.days().isEmpty()) {
            throw wrong(field, phrases);
        }
        try {
            return new ProtectionPolicy.Window(row.days(), LocalTime.parse(row.from()), LocalTime.parse(row.to()));
        } catch (DateTimeException e) {
            throw wrong(field, phrases);
        }
    }

    private static ProtectionPolicy.BandwidthLimit limit(Row row, Phrases phrases) {
        boolean always = row.from().isBlank() && row.to().isBlank();
        Optional<ProtectionPolicy.Window> when =
                always ? Optional.empty() : Optional.of(window(row, "policy.limits", phrases));
        try {
            double mebibytes = Double.parseDouble(row.rate());
            if (!Double.isFinite(mebibytes) || mebibytes <= 0 || mebibytes > Integer.MAX_VALUE) {
                throw wrong("policy.limits", phrases);
            }
            return new ProtectionPolicy.BandwidthLimit(when, Math.round(mebibytes * MEBIBYTE));
        } catch (NumberFormatException e) {
            throw wrong("policy.limits", phrases);
        }
    }

    private static Duration duration(String amount, String unit, String field, Phrases phrases) {
        long value = number(amount, field, phrases);
        return switch (unit) {
            case "s" -> Duration.ofSeconds(value);
            case "min" -> Duration.ofMinutes(value);
            case "h" -> Duration.ofHours(value);
            case "d" -> Duration.ofDays(value);
            default -> throw wrong(field, phrases);
        };
    }

    private static int number(String text, String field, Phrases phrases) {
        if (text.isBlank()) {
            return 0;
        }
        try {
            int value = Integer.parseInt(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw wrong(field, phrases);
        }
        throw wrong(field, phrases);
    }

    private static ProblemException wrong(String field, Phrases phrases) {
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", phrases.text("form.wrong", phrases.text(field)))
                .asException();
    }

    private static String[] amount(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds % 86_400 == 0 && seconds > 0) {
            return new String[] {Long.toString(seconds / 86_400), "d"};
        }
        if (seconds % 3600 == 0 && seconds > 0) {
            return new String[] {Long.toString(seconds / 3600), "h"};
        }
        if (seconds % 60 == 0 && seconds > 0) {
            return new String[] {Long.toString(seconds / 60), "min"};
        }
        return new String[] {Long.toString(seconds), "s"};
    }

    private static Row row(ProtectionPolicy.Window window, String rate) {
        return new Row(window.days(), window.from().toString(), window.to().toString(), rate);
    }

    private static String rate(ProtectionPolicy.BandwidthLimit limit) {
        return java.math.BigDecimal.valueOf((double) limit.bytesPerSecond() / MEBIBYTE)
                .setScale(3, java.math.RoundingMode.HALF_UP)
                .stripTrailingZeros()
                .toPlainString();
    }

    private static List<Row> rows(MultiValueMap<String, String> form, String prefix) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; form.containsKey(prefix + "." + i + ".from"); i++) {
            Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
            for (DayOfWeek day : DayOfWeek.values()) {
                if (form.getOrDefault(prefix + "." + i + ".days", List.of()).contains(day.name())) {
                    days.add(day);
                }
            }
            Row row = new Row(
                    days,
                    text(form, prefix + "." + i + ".from"),
                    text(form, prefix + "." + i + ".to"),
                    text(form, prefix + "." + i + ".rate"));
            if (!row.blank()) {
                rows.add(row);
            }
        }
        return rows;
    }

    private static String text(MultiValueMap<String, String> form, String name) {
        String value = form.getFirst(name);
        return value == null ? "" : value.strip();
    }
}
