package org.understudy.server.recovery.internal;

import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;
import org.understudy.server.recovery.Takeover.State;

/** The table {@code takeover}. */
interface TakeoverRows extends Repository<TakeoverRow, UUID> {

    TakeoverRow saveAndFlush(TakeoverRow row);

    Optional<TakeoverRow> findById(UUID id);

    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("select t from TakeoverRow t where t.id = ?1")
    Optional<TakeoverRow> lock(UUID id);

    List<TakeoverRow> findAllByOrderByRequestedAtDescIdDesc(Limit limit);

    List<TakeoverRow> findByStateNotInOrderByRequestedAtAscIdAsc(Set<State> states);
}
