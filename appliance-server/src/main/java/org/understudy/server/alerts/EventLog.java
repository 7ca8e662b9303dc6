package org.understudy.server.alerts;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.understudy.server.kernel.HostId;

/** What happened on this appliance. Thread-safe. */
public interface EventLog {

    /** Newest first. */
    List<LoggedEvent> recent(int limit, Optional<HostId> host);

    /** Warnings and alarms that nobody acknowledged, newest first, at most 100. */
    List<LoggedEvent> needingAttention();

    /** Marks an event as seen. Idempotent; an unknown id is {@code NOT_FOUND}. */
    void acknowledge(long id);

    /** The event as one sentence in the reader's language. */
    String text(LoggedEvent event, Locale locale);
}
