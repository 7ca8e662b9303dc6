package org.understudy.webui.view;

/** An enrolment token that nobody used yet. */
public record TokenView(String id, TimeView issued, TimeView expires, String by) {}
