package org.understudy.webui.view;

/** A short state with its tone. */
public record BadgeView(Tone tone, String text) {}
