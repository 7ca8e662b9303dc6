package org.understudy.webui.view;

/** A choice in a list. */
public record OptionView(String value, String text, boolean selected) {}
