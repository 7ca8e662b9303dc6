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

    private static final DateTimeFormatter MINUTES = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mmxxx", Locale.ROOT);
    private static final DateTimeFormatter HOURS = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:00xxx", Locale.ROOT);

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
        Map<PointId, List<String>> reasonsOfGood = byRule(good, rule, zone, now);
        Map<PointId, List<String>> reasonsOfAll =
                good.size() == all.size() ? reasonsOfGood : byRule(all, rule, zone, now);
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

    private static Map<PointId, List<String>> byRule(
            List<PointFacts> newestFirst, RetentionRule rule, ZoneId zone, Instant now) {
        Map<PointId, List<String>> reasons = new HashMap<>();
        if (!newestFirst.isEmpty()) {
            add(reasons, newestFirst.get(0), "newest");
        }
        Instant young = now.minus(rule.everything());
        newestFirst.stream()
                .takeWhile(point ->
                        rule.everything().isPositive() && !point.takenAt().isBefore(young))
                .forEach(point -> add(reasons, point, "recent"));
        newestFirst.stream().limit(rule.last()).forEach(point -> add(reasons, point, "last"));
        keepPer(reasons, newestFirst, rule.minutely(), zone, Period.MINUTE);
        keepPer(reasons, newestFirst, rule.hourly(), zone, Period.HOUR);
        keepPer(reasons, newestFirst, rule.daily(), zone, Period.DAY);
        keepPer(reasons, newestFirst, rule.weekly(), zone, Period.WEEK);
        keepPer(reasons, newestFirst, rule.monthly(), zone, Period.MONTH);
        keepPer(reasons, newestFirst, rule.yearly(), zone, Period.YEAR);
        return reasons;
    }

    /** Parts of time by which points are thinned. */
    private enum Period {
        MINUTE(
                time -> time.toOffsetDateTime().truncatedTo(ChronoUnit.MINUTES),
                time -> "minutely " + MINUTES.format(time)),
        HOUR(time -> time.toOffsetDateTime().truncatedTo(ChronoUnit.HOURS), time -> "hourly " + HOURS.format(time)),
        DAY(ZonedDateTime::toLocalDate, time -> "daily " + time.toLocalDate()),
        WEEK(time -> time.toLocalDate().with(DayOfWeek.MONDAY), time -> "weekly " + isoWeek(time)),
        MONTH(YearMonth::from, time -> "monthly " + YearMonth.from(time)),
        YEAR(ZonedDateTime::getYear, time -> "yearly " + time.getYear());

        /** What two instants of one period have in common; cheap, for every point of every kind is asked for it. */
        private final Function<ZonedDateTime, Object> of;

        private final Function<ZonedDateTime, String> name;

        Period(Function<ZonedDateTime, Object> of, Function<ZonedDateTime, String> name) {
            this.of = of;
            this.name = name;
        }
    }

    /** Keeps the newest point of each of the last {@code count} periods that have one. */
    private static void keepPer(
            Map<PointId, List<String>> reasons, List<PointFacts> newestFirst, int count, ZoneId zone, Period period) {
        Set<Object> seen = new HashSet<>();
        for (PointFacts point : newestFirst) {
            if (seen.size() >= count) {
                return;
            }
            ZonedDateTime time = point.takenAt().atZone(zone);
            if (seen.add(period.of.apply(time))) {
                add(reasons, point, period.name.apply(time));
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
