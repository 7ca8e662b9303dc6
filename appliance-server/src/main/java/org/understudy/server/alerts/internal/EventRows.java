package org.understudy.server.alerts.internal;

import java.util.List;
import java.util.UUID;
import org.springframework.data.domain.Limit;
import org.springframework.data.repository.Repository;

/** Access to {@code event_log}. */
interface EventRows extends Repository<EventRow, Long> {

    EventRow save(EventRow row);

    java.util.Optional<EventRow> findById(long id);

    List<EventRow> findByOrderByIdDesc(Limit limit);

    List<EventRow> findByHostIdOrderByIdDesc(UUID hostId, Limit limit);

    List<EventRow> findByAcknowledgedFalseOrderByIdDesc(Limit limit);
}
