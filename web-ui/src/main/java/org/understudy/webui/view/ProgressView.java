package org.understudy.webui.view;

/**
 * How far a transfer or a verification is.
 *
 * @param permille 0 to 1000
 * @param text done and total
 * @param rate empty if not known
 * @param left empty if not known
 */
public record ProgressView(long permille, String text, String rate, String left) {}
