package org.understudy.server.access;

import java.util.List;

/** Who changed what, and when. Entries can be added, never changed or removed. Thread-safe. */
public interface AuditLog {

    /**
     * Adds an entry, durably.
     *
     * @param who user name, or {@code -} for nobody
     * @param address the peer's IP address, or {@code -} for the appliance itself
     * @param action {@code <area>.<verb>}, as in {@code host.rename}
     * @param subject what it was done to: an id or a name
     * @param detail free text in English, may be empty; no secrets
     */
    void record(String who, String address, String action, String subject, String detail);

    /** Newest first. */
    List<AuditEntry> recent(int limit);
}
