package org.understudy.server.protection.internal.policies;

import java.time.LocalTime;
import java.time.ZonedDateTime;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.ProtectionPolicy.BandwidthLimit;
import org.understudy.server.protection.ProtectionPolicy.Window;

/** What a policy's windows and limits say about an instant. Pure functions of wall-clock time in the policy's zone. */
public final class WeekWindows {

    private WeekWindows() {}

    /** Whether runs may start now; a policy without windows always lets them. */
    public static boolean mayStart(ProtectionPolicy policy, ZonedDateTime time) {
        ZonedDateTime local = time.withZoneSameInstant(policy.zone());
        return policy.windows().isEmpty() || policy.windows().stream().anyMatch(window -> contains(window, local));
    }

    /** The limit in force, the first that matches; 0: none. */
    public static long bytesPerSecond(ProtectionPolicy policy, ZonedDateTime time) {
        ZonedDateTime local = time.withZoneSameInstant(policy.zone());
        return policy.bandwidth().stream()
                .filter(limit -> limit.when().map(w -> contains(w, local)).orElse(true))
                .mapToLong(BandwidthLimit::bytesPerSecond)
                .findFirst()
                .orElse(0);
    }

    /**
     * From {@code from} inclusive to {@code to} exclusive; a window that reaches into the next day belongs to the day on which
     * it began. Equal ends mean 24 hours.
     */
    static boolean contains(Window window, ZonedDateTime local) {
        LocalTime time = local.toLocalTime();
        boolean afterFrom = !time.isBefore(window.from());
        boolean beforeTo = time.isBefore(window.to());
        boolean today = window.days().contains(local.getDayOfWeek());
        boolean yesterday = window.days().contains(local.getDayOfWeek().minus(1));
        if (window.from().isBefore(window.to())) {
            return today && afterFrom && beforeTo;
        }
        return (today && afterFrom) || (yesterday && beforeTo);
    }
}
