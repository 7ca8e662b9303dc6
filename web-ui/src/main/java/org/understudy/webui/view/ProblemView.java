package org.understudy.webui.view;

import org.jspecify.annotations.Nullable;

/**
 * A failure, explained.
 *
 * @param code stable code, for support
 * @param kind who can mend it, in words
 * @param details technical text, untranslated
 */
public record ProblemView(
        String code,
        String kind,
        String summary,
        String cause,
        String remedy,
        @Nullable String details) {}
