package org.understudy.server.protection;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Policies.RetentionDecision;

/**
 * Which points a rule keeps: a pure function, so that a preview and the pruning itself cannot differ.
 *
 * <p>Good points are decided as if suspect ones did not exist; a suspect point is kept only while the rule over all points
 * would keep it. So a suspect point never takes the place of a good one, and is not thrown away earlier than it would have been.
 */
public final class Retention {

    private static final DateTimeFormatter HOUR = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:00xxx", Locale.ROOT);

    private static final Comparator<PointFacts> NEWEST_FIRST =
            Comparator.comparing(PointFacts::takenAt).reversed().thenComparing(PointFacts::id);

    private Retention() {}

    /**
     * @param zone whose hours, days, weeks, months and years are meant; weeks are ISO weeks, an hour repeated at the end of
     *     summer time counts as two
     * @param now decides which locks still hold
     * @return a decision for every point, newest first
     */
    public static List<RetentionDecision> decide(
            List<PointFacts> points, RetentionRule rule, ZoneId zone, Instant now) {
        List<PointFacts> all = points.stream().sorted(NEWEST_FIRST).toList();
        List<PointFacts> good = all.stream().filter(point -> !point.suspect()).toList();
        Map<PointId, List<String>> reasonsOfGood = byRule(good, rule, zone);
        Map<PointId, List<String>> reasonsOfAll = byRule(all, rule, zone);
        List<RetentionDecision> decisions = new ArrayList<>(all.size());
        for (PointFacts point : all) {
            Map<PointId, List<String>> source = point.suspect() ? reasonsOfAll : reasonsOfGood;
            List<String> reasons = new ArrayList<>(source.getOrDefault(point.id(), List.of()));
            if (point.pinned()) {
                reasons.add("pinned");
            }
            if (point.lockedUntil().filter(until -> until.isAfter(now)).isPresent()) {
                reasons.add("locked");
            }
            decisions.add(new RetentionDecision(point.id(), !reasons.isEmpty(), List.copyOf(reasons)));
        }
        return List.copyOf(decisions);
    }

    private static Map<PointId, List<String>> byRule(List<PointFacts> newestFirst, RetentionRule rule, ZoneId zone) {
        Map<PointId, List<String>> reasons = new HashMap<>();
        if (!newestFirst.isEmpty()) {
            add(reasons, newestFirst.get(0), "newest");
        }
        newestFirst.stream().limit(rule.last()).forEach(point -> add(reasons, point, "last"));
        keepPer(reasons, newestFirst, rule.hourly(), zone, time -> "hourly " + HOUR.format(time));
        keepPer(reasons, newestFirst, rule.daily(), zone, time -> "daily " + time.toLocalDate());
        keepPer(reasons, newestFirst, rule.weekly(), zone, time -> "weekly " + isoWeek(time));
        keepPer(reasons, newestFirst, rule.monthly(), zone, time -> "monthly " + YearMonth.from(time));
        keepPer(reasons, newestFirst, rule.yearly(), zone, time -> "yearly " + time.getYear());
        return reasons;
    }

    /** Keeps the newest point of each of the last {@code periods} periods that have one. */
    private static void keepPer(
            Map<PointId, List<String>> reasons,
            List<PointFacts> newestFirst,
            int periods,
            ZoneId zone,
            Function<ZonedDateTime, String> periodOf) {
        Set<String> seen = new HashSet<>();
        for (PointFacts point : newestFirst) {
            if (seen.size() >= periods) {
                return;
            }
            String period = periodOf.apply(point.takenAt().atZone(zone).truncatedTo(ChronoUnit.HOURS));
            if (seen.add(period)) {
                add(reasons, point, period);
            }
        }
    }

    private static String isoWeek(ZonedDateTime time) {
        // The year of an ISO week is the year of its Thursday.
        int year = time.with(DayOfWeek.THURSDAY).getYear();
        return String.format(Locale.ROOT, "%d-W%02d", year, time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
    }

    private static void add(Map<PointId, List<String>> reasons, PointFacts point, String reason) {
        reasons.computeIfAbsent(point.id(), id -> new ArrayList<>()).add(reason);
    }
}
