package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One takeover or drill. */
public record TakeoverView(
        TakeoverRow row,
        List<FactView> facts,
        String profile,
        String network,
        List<StepView> steps,
        List<Probe> probes,
        @Nullable ProblemView problem,
        boolean screen,
        @Nullable TimeView screenAt,
        boolean live,
        boolean canStop,
        boolean canResume,
        boolean canDiscard,
        boolean canKeep) {

    /** A question asked of the guest and its answer. */
    public record Probe(
            String name,
            BadgeView outcome,
            String after,
            @Nullable String body,
            @Nullable String sha256,
            String error) {}
}
