package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The first page: what is protected, what is proven, what needs somebody. */
public record OverviewView(
        List<AttentionView> attention,
        List<FigureView> figures,
        List<RunRow> running,
        List<TakeoverRow> machines,
        List<HostRow> hosts,
        @Nullable PoolView pool,
        @Nullable ProblemView poolProblem,
        List<EventView> openEvents) {}
