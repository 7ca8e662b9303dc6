package org.understudy.console;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.understudy.server.access.AuditEntry;
import org.understudy.server.access.AuditLog;

final class FakeAuditLog implements AuditLog {

    private final Clock clock;
    private final List<AuditEntry> entries = new ArrayList<>();

    FakeAuditLog(Clock clock) {
        this.clock = clock;
    }

    @Override
    public synchronized void record(String who, String address, String action, String subject, String detail) {
        entries.add(new AuditEntry(entries.size() + 1L, clock.instant(), who, address, action, subject, detail));
    }

    @Override
    public synchronized List<AuditEntry> recent(int limit) {
        return entries.reversed().stream().limit(limit).toList();
    }

    synchronized void clear() {
        entries.clear();
    }
}
