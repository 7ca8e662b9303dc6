package org.understudy.server.protection.internal.points;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.repository.Repository;
import org.understudy.server.protection.RecoveryPoint;

/** Access to {@code recovery_point}. */
interface PointRows extends Repository<PointEntity, UUID> {

    PointEntity save(PointEntity point);

    Optional<PointEntity> findById(UUID id);

    boolean existsById(UUID id);

    List<PointEntity> findByHostIdOrderByTakenAtDescIdAsc(UUID hostId);

    Optional<PointEntity> findFirstByHostIdOrderByTakenAtDescIdAsc(UUID hostId);

    Optional<PointEntity> findFirstByHostIdAndStateNotOrderByTakenAtDesc(UUID hostId, RecoveryPoint.State state);

    List<PointEntity> findAll();

    void deleteById(UUID id);

    long countByState(RecoveryPoint.State state);
}
