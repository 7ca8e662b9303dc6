package org.understudy.webui.view;

/** A place in the console. */
public record LinkView(String href, String text) {}
