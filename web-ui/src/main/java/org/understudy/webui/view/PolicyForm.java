package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A policy as its form shows it.
 *
 * @param id null for a new one
 */
public record PolicyForm(
        @Nullable String id,
        String name,
        String kind,
        String every,
        List<OptionView> everyUnits,
        String cron,
        String objective,
        List<OptionView> objectiveUnits,
        List<OptionView> zones,
        List<WindowRow> windows,
        List<LimitRow> limits,
        Keep keep,
        String freezeSeconds,
        boolean scripts,
        boolean verifyAfterRun,
        List<OptionView> hosts,
        boolean used) {

    /** One window; an empty one at the end is for adding. */
    public record WindowRow(List<OptionView> days, String from, String to) {}

    /** One bandwidth limit in MiB per second. */
    public record LimitRow(List<OptionView> days, String from, String to, String rate) {}

    /** Points to keep of each kind. */
    public record Keep(
            int everything,
            List<OptionView> everythingUnits,
            int last,
            int minutely,
            int hourly,
            int daily,
            int weekly,
            int monthly,
            int yearly) {}
}
