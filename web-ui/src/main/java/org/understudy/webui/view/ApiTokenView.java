package org.understudy.webui.view;

import org.jspecify.annotations.Nullable;

/** A token of the API. */
public record ApiTokenView(
        String id,
        String name,
        TimeView created,
        TimeView expires,
        @Nullable TimeView used) {}
