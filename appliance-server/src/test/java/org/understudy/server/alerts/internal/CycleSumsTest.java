package org.understudy.server.alerts.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ResourceBundle;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.ProtectionLag;

/** An hour of cycles that went well is one row of the log, and nothing of it is told twice or lost. */
class CycleSumsTest {

    private static final Duration CYCLE = Duration.ofSeconds(5);

    private final HostId host = new HostId(UUID.randomUUID());
    private final HostId other = new HostId(UUID.randomUUID());
    private final Hands clock = new Hands();
    private final List<Duration> windows = new ArrayList<>();
    private final CycleSums sums = new CycleSums(this::measured, clock);

    /** A clock that the test moves. */
    private static final class Hands extends Clock {

        private Instant now = Instant.parse("2026-11-20T12:00:00Z");

        void forward(Duration by) {
            now = now.plus(by);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException("tests live in one zone");
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    private Optional<ProtectionLag.Measured> measured(HostId of, Duration window) {
        windows.add(window);
        return Optional.of(new ProtectionLag.Measured(
                window,
                Duration.ofSeconds(1),
                Duration.ofMillis(3649),
                Duration.ofMillis(6450),
                Duration.ofMillis(6951),
                720,
                3,
                Optional.empty(),
                1));
    }

    private List<CycleSum> cycles(int count) {
        List<CycleSum> told = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clock.forward(CYCLE);
            sums.point(host).ifPresent(told::add);
            sums.thinned(host);
        }
        return told;
    }

    @Test
    void aDayOfCyclesIsToldOnceAnHour() {
        List<CycleSum> told = cycles((int) Duration.ofHours(24).plusMinutes(1).dividedBy(CYCLE));

        assertThat(told).hasSize(24);
        assertThat(told.subList(1, 24)).allSatisfy(sum -> {
            assertThat(sum.over()).isEqualTo(Duration.ofHours(1));
            assertThat(sum.points()).isEqualTo(720);
            assertThat(sum.thinned()).isEqualTo(720);
        });
    }

    @Test
    void noPointIsToldTwiceOrLost() {
        int cycles = 3000;
        int told = cycles(cycles).stream().mapToInt(CycleSum::points).sum();

        assertThat(told).isLessThan(cycles);
        CycleSum rest = sums.end(host).orElseThrow();
        assertThat(told + rest.points()).isEqualTo(cycles);
        assertThat(sums.end(host)).isEmpty();
    }

    @Test
    void theAgeIsThatOfTheTimeOfTheSum() {
        cycles(10);
        clock.forward(Duration.ofMinutes(2));
        CycleSum sum = sums.end(host).orElseThrow();

        assertThat(windows).containsExactly(sum.over());
        assertThat(sum.over()).isEqualTo(Duration.ofSeconds(45).plusMinutes(2));
        assertThat(sum.values())
                .containsEntry("skipped", "3")
                .containsEntry("p50", "3.6")
                .containsEntry("p99", "6.5")
                .containsEntry("worst", "7.0")
                .containsEntry("minutes", "3");
    }

    @Test
    void hostsAreCountedApartAndAllAreToldAtTheEnd() {
        cycles(4);
        sums.verified(other);

        List<CycleSum> told = sums.endAll();

        assertThat(told).hasSize(2);
        assertThat(told)
                .filteredOn(sum -> sum.host().equals(host))
                .allSatisfy(sum -> assertThat(sum.points()).isEqualTo(4));
        assertThat(told).filteredOn(sum -> sum.host().equals(other)).allSatisfy(sum -> {
            assertThat(sum.points()).isZero();
            assertThat(sum.verified()).isEqualTo(1);
        });
        assertThat(sums.endAll()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "zh"})
    void theSentenceHasAPlaceForEveryFigureAndAFigureForEveryPlace(String language) {
        cycles(1);
        String sentence = ResourceBundle.getBundle(
                        "org.understudy.server.alerts.events",
                        Locale.of(language),
                        ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES))
                .getString("cycles.summed");
        List<String> places = new ArrayList<>();
        Matcher matcher = Pattern.compile("\\{([a-zA-Z0-9]+)}").matcher(sentence);
        while (matcher.find()) {
            places.add(matcher.group(1));
        }
        List<String> figures =
                new ArrayList<>(sums.end(host).orElseThrow().values().keySet());
        figures.add("host");
        assertThat(places).containsExactlyInAnyOrderElementsOf(figures);
    }
}
