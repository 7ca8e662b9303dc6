package org.understudy.webui.view;

import org.jspecify.annotations.Nullable;

/**
 * A state of a run or takeover.
 *
 * @param at when it was entered; null: not yet
 * @param status {@code done}, {@code current}, {@code failed} or {@code ahead}
 */
public record StepView(String name, @Nullable TimeView at, String lasted, String note, String status) {}
