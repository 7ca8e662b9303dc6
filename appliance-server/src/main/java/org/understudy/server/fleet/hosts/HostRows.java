package org.understudy.server.fleet.hosts;

import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

/** Access to {@code fleet_host}. */
interface HostRows extends Repository<HostRow, UUID> {

    Optional<HostRow> findById(UUID id);

    /** For changes: agents and people change the same row, and each waits for the other instead of failing. */
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("select h from HostRow h where h.id = :id")
    Optional<HostRow> lock(UUID id);

    List<HostRow> findAllByOrderByNameAscIdAsc();

    Optional<HostRow> findByMachineIdAndRetiredFalse(String machineId);

    HostRow save(HostRow row);

    void flush();

    /** Only this column, so that it never conflicts with other changes. */
    @Modifying
    @Query("update HostRow h set h.lastSeen = :at where h.id = :id")
    int setLastSeen(UUID id, Instant at);
}
