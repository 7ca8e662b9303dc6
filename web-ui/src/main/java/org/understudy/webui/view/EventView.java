package org.understudy.webui.view;

import org.jspecify.annotations.Nullable;

/** A line of the event log. */
public record EventView(
        long id,
        TimeView at,
        BadgeView severity,
        String text,
        @Nullable LinkView host,
        @Nullable ProblemView problem,
        boolean open) {}
