package org.understudy.webui.view;

import org.jspecify.annotations.Nullable;

/** Something that somebody should look at. */
public record AttentionView(
        Tone tone, String title, String detail, @Nullable TimeView since, String href) {}
