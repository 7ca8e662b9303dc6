package org.understudy.server.protection.internal.runs;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.domain.Limit;
import org.springframework.data.repository.Repository;

/** Access to {@code backup_run}. */
interface RunRows extends Repository<RunEntity, UUID> {

    RunEntity save(RunEntity run);

    Optional<RunEntity> findById(UUID id);

    List<RunEntity> findByHostIdOrderByRequestedAtDescAttemptDesc(UUID hostId, Limit limit);

    List<RunEntity> findByOrderByRequestedAtDescAttemptDesc(Limit limit);

    List<RunEntity> findByEndedAtIsNullOrderByRequestedAt();

    List<RunEntity> findByHostIdAndEndedAtIsNull(UUID hostId);
}
