package org.understudy.server.protection.internal.policies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.understudy.server.protection.internal.policies.LagCurve.Step;

class LagCurveTest {

    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

    private static Instant at(double seconds) {
        return START.plusMillis(Math.round(seconds * 1000));
    }

    @Test
    void aPointEachFiveSecondsThatTakesOneIsBetweenOneAndSixSecondsOld() {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            steps.add(new Step(at(i * 5), at(i * 5 + 1)));
        }
        LagCurve curve = LagCurve.of(steps, at(1), at(496));
        assertThat(curve.worst()).isEqualTo(Duration.ofSeconds(6));
        assertThat(curve.quantile(0.5)).isBetween(Duration.ofMillis(3450), Duration.ofMillis(3550));
        assertThat(curve.quantile(0.99)).isBetween(Duration.ofMillis(5900), Duration.ofMillis(6000));
        assertThat(curve.part(Duration.ofSeconds(6))).isEqualTo(1);
        assertThat(curve.part(Duration.ofMillis(3500))).isCloseTo(0.5, within(0.01));
        assertThat(curve.length()).isEqualTo(Duration.ofSeconds(495));
    }

    @Test
    void aGapWeighsWhatItLasted() {
        LagCurve curve = LagCurve.of(
                List.of(new Step(at(0), at(1)), new Step(at(89), at(91)), new Step(at(98), at(99))), at(1), at(101));
        assertThat(curve.worst()).isEqualTo(Duration.ofSeconds(91));
        assertThat(curve.quantile(0.5)).isGreaterThan(Duration.ofSeconds(40));
        assertThat(curve.part(Duration.ofSeconds(10))).isCloseTo(0.19, within(0.02));
    }

    @Test
    void theWindowBeginsWithTheAgeThatThePointBeforeItHad() {
        LagCurve curve = LagCurve.of(List.of(new Step(at(0), at(1))), at(100), at(110));
        assertThat(curve.worst()).isEqualTo(Duration.ofSeconds(110));
        assertThat(curve.quantile(0.01)).isGreaterThanOrEqualTo(Duration.ofSeconds(100));
        assertThat(curve.length()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void withoutAPointThereIsNothingToMeasure() {
        assertThat(LagCurve.of(List.of(), at(0), at(10)).isEmpty()).isTrue();
        assertThat(LagCurve.of(List.of(new Step(at(20), at(21))), at(0), at(10)).isEmpty())
                .isTrue();
    }

    @Test
    void agreesWithLookingAtEveryTenthOfASecond() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            List<Step> steps = new ArrayList<>();
            double time = 0;
            for (int i = 0; i < 30; i++) {
                double took = 0.1 + random.nextInt(30) / 10.0;
                steps.add(new Step(at(time), at(time + took)));
                time += took + 0.1 + random.nextInt(80) / 10.0;
            }
            Instant end = at(time);
            Instant begin = at(random.nextInt(10) / 10.0);
            LagCurve curve = LagCurve.of(steps, begin, end);
            List<Long> ages = new ArrayList<>();
            int newest = -1;
            for (Instant now = begin; now.isBefore(end); now = now.plusMillis(100)) {
                while (newest + 1 < steps.size()
                        && !steps.get(newest + 1).appeared().isAfter(now)) {
                    newest++;
                }
                if (newest >= 0) {
                    ages.add(Duration.between(steps.get(newest).holds(), now).toMillis());
                }
            }
            ages.sort(null);
            for (double part : new double[] {0.1, 0.5, 0.9}) {
                long seen = ages.get((int) (part * ages.size()));
                assertThat(curve.quantile(part).toMillis())
                        .as("seed %d round %d part %s", seed, round, part)
                        .isCloseTo(seen, within(400L));
            }
        }
    }
}
