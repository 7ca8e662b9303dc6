package org.understudy.webui.view;

/** One of the last runs in a row of small marks. */
public record TickView(Tone tone, String title, String href) {}
