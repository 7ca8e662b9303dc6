package org.understudy.webui.view;

import org.jspecify.annotations.Nullable;

/** A takeover or drill in a list. */
public record TakeoverRow(
        String id,
        LinkView host,
        LinkView point,
        BadgeView mode,
        BadgeView state,
        TimeView requested,
        String toRunning,
        String toAnswer,
        @Nullable String address,
        boolean kept) {}
