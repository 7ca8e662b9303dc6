package org.understudy.webui.view;

import org.jspecify.annotations.Nullable;

/** A backup run in a list. */
public record RunRow(
        String id,
        LinkView host,
        BadgeView state,
        String trigger,
        TimeView requested,
        String duration,
        String changed,
        String sent,
        @Nullable ProgressView progress,
        String note) {}
