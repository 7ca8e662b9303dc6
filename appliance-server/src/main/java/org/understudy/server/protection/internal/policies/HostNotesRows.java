package org.understudy.server.protection.internal.policies;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.repository.Repository;

/** Access to {@code host_protection}. */
interface HostNotesRows extends Repository<HostNotesEntity, UUID> {

    HostNotesEntity save(HostNotesEntity notes);

    Optional<HostNotesEntity> findById(UUID host);

    List<HostNotesEntity> findAll();
}
