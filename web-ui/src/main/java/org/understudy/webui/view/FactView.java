package org.understudy.webui.view;

/** A label and what it says. */
public record FactView(String label, String value) {}
