package org.understudy.server.access;

import java.time.Instant;

/** One line of the audit log; see {@link AuditLog#record}. */
public record AuditEntry(
        long id, Instant at, String who, String address, String action, String subject, String detail) {}
