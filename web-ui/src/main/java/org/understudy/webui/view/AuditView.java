package org.understudy.webui.view;

/** A line of the audit log. */
public record AuditView(TimeView at, String who, String address, String action, String subject, String detail) {}
