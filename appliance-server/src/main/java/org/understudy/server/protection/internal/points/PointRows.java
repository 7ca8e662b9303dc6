package org.understudy.server.protection.internal.points;

import jakarta.persistence.Tuple;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.jpa.repository.Query;
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

    @Query("select p.id from PointEntity p where p.hostId = :host")
    List<UUID> idsOf(UUID host);

    @Query("select distinct p.hostId from PointEntity p")
    List<UUID> hosts();

    /** What retention asks of each point of a host: {@code id, takenAt, pinned, lockedUntil, state}. */
    @Query("select p.id as id, p.takenAt as takenAt, p.pinned as pinned, p.lockedUntil as lockedUntil, p.state as state"
            + " from PointEntity p where p.hostId = :host")
    List<Tuple> factsOf(UUID host);

    void deleteById(UUID id);

    long countByState(RecoveryPoint.State state);
}
