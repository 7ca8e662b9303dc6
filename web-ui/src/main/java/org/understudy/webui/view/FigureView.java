package org.understudy.webui.view;

/**
 * A figure of the overview.
 *
 * @param value the number in large
 * @param note what it means in small
 * @param href where its details are
 */
public record FigureView(String label, String value, String note, Tone tone, String href) {}
