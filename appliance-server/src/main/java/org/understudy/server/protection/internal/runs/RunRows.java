package org.understudy.server.protection.internal.runs;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.NativeQuery;
import org.springframework.data.repository.Repository;

/** Access to {@code backup_run}. */
interface RunRows extends Repository<RunEntity, UUID> {

    RunEntity save(RunEntity run);

    Optional<RunEntity> findById(UUID id);

    List<RunEntity> findByHostIdOrderByRequestedAtDescAttemptDesc(UUID hostId, Limit limit);

    List<RunEntity> findByOrderByRequestedAtDescAttemptDesc(Limit limit);

    List<RunEntity> findByEndedAtIsNullOrderByRequestedAt();

    List<RunEntity> findByHostIdAndEndedAtIsNull(UUID hostId);

    /** Deletes ended runs of a host that are older than a time and not among its newest; their transitions go with them. */
    @Modifying
    @NativeQuery(
            "delete from backup_run where host_id = :host and ended_at < :before and requested_at < (select requested_at"
                    + " from backup_run where host_id = :host order by requested_at desc offset :newest limit 1)")
    int deleteOld(UUID host, Instant before, int newest);
}
