package org.understudy.server.protection;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.WeekFields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Policies.RetentionDecision;

class RetentionTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    private static PointFacts point(String takenAt) {
        Instant instant = Instant.parse(takenAt);
        return new PointFacts(
                new PointId(new UUID(0, instant.getEpochSecond())), instant, false, Optional.empty(), false);
    }

    private static PointFacts suspect(String takenAt) {
        PointFacts point = point(takenAt);
        return new PointFacts(point.id(), point.takenAt(), false, Optional.empty(), true);
    }

    private static RetentionRule rule(String kind, int count) {
        return switch (kind) {
            case "last" -> new RetentionRule(count, 0, 0, 0, 0, 0);
            case "hourly" -> new RetentionRule(0, count, 0, 0, 0, 0);
            case "daily" -> new RetentionRule(0, 0, count, 0, 0, 0);
            case "weekly" -> new RetentionRule(0, 0, 0, count, 0, 0);
            case "monthly" -> new RetentionRule(0, 0, 0, 0, count, 0);
            case "yearly" -> new RetentionRule(0, 0, 0, 0, 0, count);
            default -> throw new IllegalArgumentException(kind);
        };
    }

    /** Points oldest first; kept ones are named by their place in the list. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            last    | 2 | UTC           | 2026-11-18T00:00:00Z 2026-11-19T00:00:00Z 2026-11-20T00:00:00Z | 1 2
            last    | 9 | UTC           | 2026-11-18T00:00:00Z 2026-11-19T00:00:00Z                      | 0 1
            hourly  | 2 | UTC           | 2026-11-20T08:59:59Z 2026-11-20T09:00:00Z 2026-11-20T09:59:59Z 2026-11-20T11:30:00Z | 2 3
            daily   | 2 | UTC           | 2026-11-17T10:00:00Z 2026-11-18T10:00:00Z 2026-11-20T10:00:00Z 2026-11-20T11:00:00Z | 1 3
            daily   | 2 | Europe/Berlin | 2026-11-18T22:59:00Z 2026-11-18T23:01:00Z 2026-11-19T22:30:00Z 2026-11-19T23:30:00Z | 2 3
            daily   | 2 | Asia/Shanghai | 2026-11-18T15:59:00Z 2026-11-18T16:01:00Z 2026-11-19T15:59:00Z                      | 0 2
            weekly  | 2 | UTC           | 2026-11-08T10:00:00Z 2026-11-15T10:00:00Z 2026-11-16T10:00:00Z 2026-11-20T10:00:00Z | 1 3
            weekly  | 2 | UTC           | 2024-12-29T10:00:00Z 2024-12-30T10:00:00Z 2025-01-01T10:00:00Z                      | 0 2
            weekly  | 3 | UTC           | 2020-12-31T10:00:00Z 2021-01-03T10:00:00Z 2021-01-04T10:00:00Z                      | 1 2
            monthly | 2 | UTC           | 2026-09-30T10:00:00Z 2026-10-01T10:00:00Z 2026-10-31T23:59:59Z 2026-11-01T00:00:00Z | 2 3
            monthly | 1 | America/New_York | 2026-10-31T10:00:00Z 2026-11-01T03:59:00Z                                      | 1
            yearly  | 2 | UTC           | 2024-02-29T10:00:00Z 2025-06-01T10:00:00Z 2025-12-31T23:59:59Z 2026-01-01T00:00:00Z | 2 3
            """)
    void keepsTheNewestOfEachPeriod(String kind, int count, String zone, String points, String kept) {
        List<PointFacts> facts =
                Arrays.stream(points.split(" ")).map(RetentionTest::point).toList();
        Set<PointId> expected = new HashSet<>();
        Arrays.stream(kept.split(" "))
                .forEach(i -> expected.add(facts.get(Integer.parseInt(i)).id()));
        assertThat(kept(Retention.decide(facts, rule(kind, count), ZoneId.of(zone), NOW)))
                .isEqualTo(expected);
    }

    @Test
    void allYoungPointsStayThenOneAMinuteThenOneAnHour() {
        RetentionRule rule = new RetentionRule(Duration.ofMinutes(2), 0, 5, 3, 0, 0, 0, 0);
        List<PointFacts> points = new ArrayList<>();
        for (int seconds = 0; seconds < 4 * 3600; seconds += 5) {
            points.add(new PointFacts(
                    new PointId(new UUID(7, seconds)), NOW.minusSeconds(seconds), false, Optional.empty(), false));
        }
        Map<String, Long> reasons = Retention.decide(points, rule, ZoneOffset.UTC, NOW).stream()
                .flatMap(decision -> decision.reasons().stream())
                .collect(Collectors.groupingBy(reason -> reason.split(" ")[0], Collectors.counting()));
        // 120 s, both ends included; the newest of each of five minutes and three hours.
        assertThat(reasons).isEqualTo(Map.of("newest", 1L, "recent", 25L, "minutely", 5L, "hourly", 3L));
        assertThat(kept(Retention.decide(points, rule, ZoneOffset.UTC, NOW))).hasSizeBetween(28, 31);
    }

    @Test
    void aPointJustTooOldIsNotYoung() {
        RetentionRule rule = new RetentionRule(Duration.ofMinutes(1), 0, 0, 0, 0, 0, 0, 0);
        List<PointFacts> points = List.of(
                at(NOW, 1), at(NOW.minusSeconds(60), 2), at(NOW.minusSeconds(60).minusMillis(1), 3));
        assertThat(kept(Retention.decide(points, rule, ZoneOffset.UTC, NOW)))
                .containsExactlyInAnyOrder(points.get(0).id(), points.get(1).id());
    }

    private static PointFacts at(Instant taken, int id) {
        return new PointFacts(new PointId(new UUID(8, id)), taken, false, Optional.empty(), false);
    }

    @Test
    void theHourRepeatedAtTheEndOfSummerTimeIsTwoHours() {
        List<PointFacts> points =
                List.of(point("2026-10-25T00:30:00Z"), point("2026-10-25T01:30:00Z"), point("2026-10-25T02:30:00Z"));
        List<RetentionDecision> decisions = Retention.decide(points, rule("hourly", 3), BERLIN, NOW);
        assertThat(decisions).allMatch(RetentionDecision::kept);
        assertThat(decisions.get(1).reasons()).containsExactly("hourly 2026-10-25 02:00+01:00");
        assertThat(decisions.get(2).reasons()).containsExactly("hourly 2026-10-25 02:00+02:00");
    }

    @Test
    void theHourLeftOutAtTheStartOfSummerTimeIsNotMissed() {
        List<PointFacts> points =
                List.of(point("2026-03-29T00:59:00Z"), point("2026-03-29T01:01:00Z"), point("2026-03-29T02:01:00Z"));
        assertThat(Retention.decide(points, rule("hourly", 3), BERLIN, NOW))
                .flatExtracting(RetentionDecision::reasons)
                .contains(
                        "hourly 2026-03-29 01:00+01:00",
                        "hourly 2026-03-29 03:00+02:00",
                        "hourly 2026-03-29 04:00+02:00");
    }

    @Test
    void daysOf23And25HoursAreOneDayEach() {
        List<PointFacts> points = List.of(
                point("2026-03-28T22:59:59Z"),
                point("2026-03-28T23:00:00Z"),
                point("2026-03-29T21:59:59Z"),
                point("2026-03-29T22:00:00Z"));
        assertThat(kept(Retention.decide(points, rule("daily", 9), BERLIN, NOW)))
                .containsExactlyInAnyOrder(
                        points.get(0).id(), points.get(2).id(), points.get(3).id());
    }

    @Test
    void reasonsSayWhichRuleKeepsAPoint() {
        List<RetentionDecision> decisions = Retention.decide(
                List.of(point("2026-11-20T10:00:00Z"), point("2026-11-01T10:00:00Z")),
                new RetentionRule(1, 1, 1, 1, 1, 1),
                ZoneOffset.UTC,
                NOW);
        assertThat(decisions.get(0).reasons())
                .containsExactly(
                        "newest",
                        "last",
                        "hourly 2026-11-20 10:00+00:00",
                        "daily 2026-11-20",
                        "weekly 2026-W47",
                        "monthly 2026-11",
                        "yearly 2026");
        assertThat(decisions.get(1)).satisfies(pruned -> {
            assertThat(pruned.kept()).isFalse();
            assertThat(pruned.reasons()).isEmpty();
        });
    }

    @Test
    void pinsAndLocksKeepAndDoNotUseUpPlaces() {
        PointFacts pinned = new PointFacts(
                point("2026-11-20T10:00:00Z").id(),
                Instant.parse("2026-11-10T10:00:00Z"),
                true,
                Optional.empty(),
                false);
        PointFacts locked = new PointFacts(
                PointId.random(), Instant.parse("2026-11-09T10:00:00Z"), false, Optional.of(NOW.plusSeconds(1)), false);
        PointFacts expired =
                new PointFacts(PointId.random(), Instant.parse("2026-11-08T10:00:00Z"), false, Optional.of(NOW), false);
        PointFacts newest = point("2026-11-19T10:00:00Z");
        List<RetentionDecision> decisions =
                Retention.decide(List.of(expired, locked, pinned, newest), rule("last", 1), ZoneOffset.UTC, NOW);
        assertThat(decisions)
                .extracting(RetentionDecision::reasons)
                .containsExactly(List.of("newest", "last"), List.of("pinned"), List.of("locked"), List.of());
    }

    @Test
    void suspectPointsNeverTakeThePlaceOfGoodOnes() {
        PointFacts old = point("2026-11-18T10:00:00Z");
        PointFacts good = point("2026-11-19T10:00:00Z");
        PointFacts bad = suspect("2026-11-20T10:00:00Z");
        List<RetentionDecision> decisions =
                Retention.decide(List.of(old, good, bad), rule("last", 2), ZoneOffset.UTC, NOW);
        assertThat(decisions).allMatch(RetentionDecision::kept);
        assertThat(decisions.get(1).reasons()).contains("newest", "last");
    }

    @Test
    void suspectPointsGoWhenTheyWouldHaveGoneAnyway() {
        assertThat(kept(Retention.decide(
                        List.of(
                                suspect("2026-11-17T10:00:00Z"),
                                point("2026-11-18T10:00:00Z"),
                                point("2026-11-19T10:00:00Z")),
                        rule("last", 1),
                        ZoneOffset.UTC,
                        NOW)))
                .containsExactly(point("2026-11-19T10:00:00Z").id());
    }

    @Test
    void noPointsNeedNoDecisions() {
        assertThat(Retention.decide(List.of(), rule("last", 1), ZoneOffset.UTC, NOW))
                .isEmpty();
    }

    @Test
    void agreesWithANaiveModelOnRandomHistories() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<ZoneId> zones = List.of(
                ZoneOffset.UTC,
                BERLIN,
                ZoneId.of("America/St_Johns"),
                ZoneId.of("Asia/Kathmandu"),
                ZoneId.of("Australia/Lord_Howe"));
        for (int round = 0; round < 300; round++) {
            ZoneId zone = zones.get(random.nextInt(zones.size()));
            List<PointFacts> points = new ArrayList<>();
            int count = random.nextInt(40);
            long span = 1L << (10 + random.nextInt(17));
            for (int i = 0; i < count; i++) {
                Instant at = NOW.minusSeconds(Math.floorMod(random.nextLong(), span));
                points.add(new PointFacts(
                        new PointId(new UUID(round, i)),
                        at,
                        random.nextInt(20) == 0,
                        Optional.empty(),
                        random.nextInt(8) == 0));
            }
            RetentionRule rule = new RetentionRule(
                    Duration.ofSeconds(random.nextInt(3) * random.nextLong(span)),
                    random.nextInt(4),
                    random.nextInt(4),
                    random.nextInt(4),
                    random.nextInt(4),
                    random.nextInt(4),
                    random.nextInt(4),
                    random.nextInt(4));
            assertThat(kept(Retention.decide(points, rule, zone, NOW)))
                    .as("seed %d round %d", seed, round)
                    .isEqualTo(model(points, rule, zone));
        }
    }

    /** For each point: is there a rule under which fewer than n newer periods have a point, and no newer point is in its own? */
    private static Set<PointId> model(List<PointFacts> points, RetentionRule rule, ZoneId zone) {
        Set<PointId> kept = new HashSet<>();
        for (PointFacts point : points) {
            List<PointFacts> rivals = points.stream()
                    .filter(other -> point.suspect() || !other.suspect())
                    .filter(other -> !other.id().equals(point.id()) && newer(other, point))
                    .toList();
            boolean keep = point.pinned() || rivals.isEmpty() || rivals.size() < rule.last();
            keep |= rule.everything().isPositive() && !point.takenAt().isBefore(NOW.minus(rule.everything()));
            keep |= wants(
                    rule.minutely(),
                    point,
                    rivals,
                    zone,
                    t -> t.truncatedTo(ChronoUnit.MINUTES).toInstant());
            keep |= wants(
                    rule.hourly(),
                    point,
                    rivals,
                    zone,
                    t -> t.truncatedTo(ChronoUnit.HOURS).toInstant()
                            + t.getOffset().toString());
            keep |= wants(rule.daily(), point, rivals, zone, ZonedDateTime::toLocalDate);
            keep |= wants(
                    rule.weekly(),
                    point,
                    rivals,
                    zone,
                    t -> t.get(WeekFields.ISO.weekBasedYear()) * 100 + t.get(WeekFields.ISO.weekOfWeekBasedYear()));
            keep |= wants(rule.monthly(), point, rivals, zone, t -> LocalDate.of(t.getYear(), t.getMonth(), 1));
            keep |= wants(rule.yearly(), point, rivals, zone, ZonedDateTime::getYear);
            if (keep) {
                kept.add(point.id());
            }
        }
        return kept;
    }

    private static boolean newer(PointFacts a, PointFacts b) {
        return Comparator.comparing(PointFacts::takenAt)
                        .reversed()
                        .thenComparing(PointFacts::id)
                        .compare(a, b)
                < 0;
    }

    private static boolean wants(
            int count, PointFacts point, List<PointFacts> newer, ZoneId zone, Function<ZonedDateTime, Object> period) {
        Object own = period.apply(point.takenAt().atZone(zone));
        Set<Object> others = new HashSet<>();
        newer.forEach(other -> others.add(period.apply(other.takenAt().atZone(zone))));
        return !others.contains(own) && others.size() < count;
    }

    private static Set<PointId> kept(List<RetentionDecision> decisions) {
        Set<PointId> kept = new HashSet<>();
        decisions.stream().filter(RetentionDecision::kept).forEach(decision -> kept.add(decision.point()));
        return kept;
    }
}
