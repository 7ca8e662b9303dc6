package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything about one host.
 *
 * @param readiness whether it would start here; null if it has reported nothing yet
 * @param lag how old its protected data is and was; empty if that is not known
 */
public record HostView(
        String id,
        String name,
        List<BadgeView> badges,
        List<FactView> facts,
        @Nullable ReadinessView readiness,
        @Nullable Upgrade upgrade,
        List<FactView> lag,
        @Nullable TimeView lastSeen,
        boolean retired,
        boolean connected,
        @Nullable LiveRun live,
        @Nullable ProblemView lastFailure,
        @Nullable String lastFailureRun,
        List<OptionView> policies,
        List<Disk> disks,
        CalendarView calendar,
        String pointsTitle,
        List<PointRow> points,
        int pointsLeft,
        @Nullable String allPoints,
        List<RunRow> runs) {

    /**
     * A newer package of the agent.
     *
     * @param offered its version, if it can be installed now
     * @param state how the last upgrade went, or null
     */
    public record Upgrade(
            @Nullable String offered,
            @Nullable String state,
            @Nullable ProblemView problem) {}

    /** The run that is going on. */
    public record LiveRun(RunRow run, List<StepView> steps) {}

    /** A disk that the host reported or that has a number in the pool. */
    public record Disk(String key, String title, String size, String content, boolean selected, boolean reported) {}
}
