package org.understudy.server.web.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.support.ResourceBundleMessageSource;

class PhrasesTest {

    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    @ParameterizedTest
    @CsvSource({
        "PT0S, 0 s, 0 秒", "PT0.02S, 20 ms, 20 毫秒", "PT1.64S, 1.6 s, 1.6 秒", "PT42.7S, 42 s, 42 秒",
        "PT60S, 1 min, 1 分钟", "PT4M5S, 4 min 5 s, 4 分钟 5 秒", "PT2H5M59S, 2 h 5 min, 2 小时 5 分钟",
                "PT75H, 3 d 3 h, 3 天 3 小时"
    })
    void durationsHaveTwoUnitsAtMost(Duration duration, String english, String chinese) {
        assertThat(phrases(Locale.ENGLISH, "UTC").duration(duration)).isEqualTo(english);
        assertThat(phrases(Locale.SIMPLIFIED_CHINESE, "UTC").duration(duration)).isEqualTo(chinese);
    }

    @ParameterizedTest
    @CsvSource({"0, now", "-42, 42 s ago", "-7300, 2 h ago", "-90000, 25 h ago", "-200000, 2 d ago", "3600, in 1 h"})
    void agesHaveOneUnit(long seconds, String words) {
        assertThat(phrases(Locale.ENGLISH, "UTC").ago(NOW.plusSeconds(seconds))).isEqualTo(words);
    }

    @Test
    void timesCarryTheOffsetThatCountsOnThatDay() {
        Phrases vienna = phrases(Locale.ENGLISH, "Europe/Vienna");

        assertThat(vienna.time(Instant.parse("2026-07-01T10:00:00Z")).full())
                .isEqualTo("2026-07-01 12:00:00 UTC+02:00");
        assertThat(vienna.time(NOW).full()).isEqualTo("2026-11-20 13:00:00 UTC+01:00");
        assertThat(vienna.time(NOW).iso()).isEqualTo("2026-11-20T12:00:00Z");
    }

    private static Phrases phrases(Locale locale, String zone) {
        ResourceBundleMessageSource messages = new ResourceBundleMessageSource();
        messages.setBasename("org.understudy.webui.messages");
        messages.setDefaultEncoding("UTF-8");
        messages.setFallbackToSystemLocale(false);
        return new Phrases(locale, ZoneId.of(zone), Clock.fixed(NOW, ZoneOffset.UTC), messages);
    }
}
