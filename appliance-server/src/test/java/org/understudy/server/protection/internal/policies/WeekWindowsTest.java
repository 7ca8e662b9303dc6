package org.understudy.server.protection.internal.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DayOfWeek;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.server.protection.ProtectionPolicy.Window;

class WeekWindowsTest {

    // 2026-11-20 is a Friday.
    @ParameterizedTest
    @CsvSource({
        "08:00,18:00,2026-11-20T08:00:00Z,true",
        "08:00,18:00,2026-11-20T07:59:59Z,false",
        "08:00,18:00,2026-11-20T18:00:00Z,false",
        "08:00,18:00,2026-11-21T12:00:00Z,false",
        "22:00,06:00,2026-11-20T23:00:00Z,true",
        "22:00,06:00,2026-11-21T05:59:59Z,true",
        "22:00,06:00,2026-11-21T06:00:00Z,false",
        "22:00,06:00,2026-11-20T05:00:00Z,false",
        "22:00,00:00,2026-11-20T23:59:59Z,true",
        "22:00,00:00,2026-11-21T00:00:00Z,false",
        "12:00,12:00,2026-11-21T11:59:59Z,true",
        "12:00,12:00,2026-11-20T11:59:59Z,false"
    })
    void aFridayWindowContains(LocalTime from, LocalTime to, ZonedDateTime time, boolean inside) {
        Window window = new Window(Set.of(DayOfWeek.FRIDAY), from, to);
        assertThat(WeekWindows.contains(window, time)).isEqualTo(inside);
    }

    @Test
    void theNightFromSundayReachesIntoMonday() {
        Window window = new Window(EnumSet.of(DayOfWeek.SUNDAY), LocalTime.of(23, 0), LocalTime.of(1, 0));
        assertThat(WeekWindows.contains(window, ZonedDateTime.parse("2026-11-23T00:30:00Z")))
                .isTrue();
    }
}
