package org.understudy.server.protection;

import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ResourceBundle;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;
import org.quartz.CronExpression;
import org.understudy.server.kernel.ByteSize;

/**
 * One thing that is wrong with a policy. Texts are in {@code policy-faults*.properties} of this package.
 *
 * @param values for the placeholders {@code {name}} of the text
 */
public record PolicyFault(Code code, Map<String, String> values) {

    /** What can be wrong. */
    public enum Code {
        NAME_EMPTY,
        NAME_TOO_LONG,
        NAME_TAKEN,
        INTERVAL,
        CRON,
        CRON_NEVER,
        WINDOW_WITHOUT_DAYS,
        TOO_MANY_WINDOWS,
        BANDWIDTH,
        TOO_MANY_LIMITS,
        RETENTION_NUMBER,
        RETENTION_EMPTY,
        RETENTION_EVERYTHING,
        OBJECTIVE,
        FREEZE_LIMIT
    }

    private static final String BUNDLE = "org.understudy.server.protection.policy-faults";

    private static final int MAX_NAME = 100;
    private static final int MAX_ENTRIES = 50;
    private static final int MAX_KEPT = 10_000;
    /** At a point each 5 s this is 17 280 points for each day of it. */
    private static final Duration MAX_EVERYTHING = Duration.ofDays(7);

    private static final Duration MIN_INTERVAL = Duration.ofSeconds(5);
    private static final Duration MAX_INTERVAL = Duration.ofDays(7);
    private static final Duration MIN_OBJECTIVE = Duration.ofSeconds(10);
    private static final Duration MAX_OBJECTIVE = Duration.ofDays(366);
    private static final Duration MIN_FREEZE = Duration.ofMillis(100);
    private static final Duration MAX_FREEZE = Duration.ofMinutes(1);
    private static final long MIN_BANDWIDTH = 64 * 1024;

    public PolicyFault {
        values = Map.copyOf(values);
    }

    /** The sentence for people, without a full stop. */
    public String text(Locale locale) {
        ResourceBundle bundle = ResourceBundle.getBundle(
                BUNDLE, locale, ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
        String text = bundle.getString(code.name());
        for (Map.Entry<String, String> value : values.entrySet()) {
            text = text.replace("{" + value.getKey() + "}", value.getValue());
        }
        return text;
    }

    /** That another policy has the name already. */
    public static PolicyFault nameTaken(String name) {
        return new PolicyFault(Code.NAME_TAKEN, Map.of("name", name));
    }

    /**
     * Every fault of a policy that can be seen without knowing the others.
     *
     * @param now a cron expression that never fires after this is a fault
     */
    public static List<PolicyFault> of(ProtectionPolicy policy, Instant now) {
        List<PolicyFault> faults = new ArrayList<>();
        if (policy.name().isBlank()) {
            faults.add(new PolicyFault(Code.NAME_EMPTY, Map.of()));
        } else if (policy.name().length() > MAX_NAME) {
            faults.add(new PolicyFault(Code.NAME_TOO_LONG, Map.of("max", Integer.toString(MAX_NAME))));
        }
        checkSchedule(policy, now, faults);
        checkWindows(policy, faults);
        checkRetention(policy.retention(), faults);
        if (outside(policy.objective(), MIN_OBJECTIVE, MAX_OBJECTIVE)) {
            faults.add(new PolicyFault(Code.OBJECTIVE, Map.of("value", text(policy.objective()))));
        }
        if (outside(policy.freezeLimit(), MIN_FREEZE, MAX_FREEZE)) {
            faults.add(new PolicyFault(Code.FREEZE_LIMIT, Map.of("value", text(policy.freezeLimit()))));
        }
        return List.copyOf(faults);
    }

    private static void checkSchedule(ProtectionPolicy policy, Instant now, List<PolicyFault> faults) {
        switch (policy.schedule()) {
            case ProtectionPolicy.Schedule.Interval interval -> {
                if (outside(interval.every(), MIN_INTERVAL, MAX_INTERVAL)) {
                    faults.add(new PolicyFault(Code.INTERVAL, Map.of("value", text(interval.every()))));
                }
            }
            case ProtectionPolicy.Schedule.Cron cron -> {
                PolicyFault fault = cronFault(cron.expression(), policy, now);
                if (fault != null) {
                    faults.add(fault);
                }
            }
            case ProtectionPolicy.Schedule.Manual manual -> {
                // Runs by hand have no times that could be wrong.
            }
        }
    }

    private static @Nullable PolicyFault cronFault(String expression, ProtectionPolicy policy, Instant now) {
        try {
            CronExpression cron = new CronExpression(expression);
            cron.setTimeZone(TimeZone.getTimeZone(policy.zone()));
            return cron.getNextValidTimeAfter(Date.from(now)) == null
                    ? new PolicyFault(Code.CRON_NEVER, Map.of("value", expression))
                    : null;
        } catch (ParseException e) {
            return new PolicyFault(Code.CRON, Map.of("value", expression, "reason", String.valueOf(e.getMessage())));
        }
    }

    private static void checkWindows(ProtectionPolicy policy, List<PolicyFault> faults) {
        if (policy.windows().size() > MAX_ENTRIES) {
            faults.add(new PolicyFault(Code.TOO_MANY_WINDOWS, Map.of("max", Integer.toString(MAX_ENTRIES))));
        }
        if (policy.bandwidth().size() > MAX_ENTRIES) {
            faults.add(new PolicyFault(Code.TOO_MANY_LIMITS, Map.of("max", Integer.toString(MAX_ENTRIES))));
        }
        policy.windows().forEach(window -> checkDays(window, faults));
        for (ProtectionPolicy.BandwidthLimit limit : policy.bandwidth()) {
            limit.when().ifPresent(window -> checkDays(window, faults));
            if (limit.bytesPerSecond() < MIN_BANDWIDTH) {
                faults.add(new PolicyFault(
                        Code.BANDWIDTH,
                        Map.of(
                                "value", Long.toString(limit.bytesPerSecond()),
                                "min", new ByteSize(MIN_BANDWIDTH).toString())));
            }
        }
    }

    private static void checkDays(ProtectionPolicy.Window window, List<PolicyFault> faults) {
        if (window.days().isEmpty()) {
            faults.add(new PolicyFault(
                    Code.WINDOW_WITHOUT_DAYS,
                    Map.of("from", window.from().toString(), "to", window.to().toString())));
        }
    }

    private static void checkRetention(RetentionRule rule, List<PolicyFault> faults) {
        int[] numbers = {
            rule.last(), rule.minutely(), rule.hourly(), rule.daily(), rule.weekly(), rule.monthly(), rule.yearly()
        };
        String[] names = {"last", "minutely", "hourly", "daily", "weekly", "monthly", "yearly"};
        boolean keepsAny = rule.everything().isPositive();
        if (rule.everything().isNegative() || rule.everything().compareTo(MAX_EVERYTHING) > 0) {
            faults.add(new PolicyFault(
                    Code.RETENTION_EVERYTHING, Map.of("value", text(rule.everything()), "max", text(MAX_EVERYTHING))));
        }
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] < 0 || numbers[i] > MAX_KEPT) {
                faults.add(new PolicyFault(
                        Code.RETENTION_NUMBER,
                        Map.of(
                                "name", names[i],
                                "value", Integer.toString(numbers[i]),
                                "max", Integer.toString(MAX_KEPT))));
            }
            keepsAny |= numbers[i] != 0;
        }
        if (!keepsAny) {
            faults.add(new PolicyFault(Code.RETENTION_EMPTY, Map.of()));
        }
    }

    private static boolean outside(Duration value, Duration min, Duration max) {
        return value.compareTo(min) < 0 || value.compareTo(max) > 0;
    }

    /** {@code PT1H30M} as {@code 1h30m}. */
    private static String text(Duration duration) {
        return duration.toString().replace("PT", "").toLowerCase(Locale.ROOT);
    }
}
