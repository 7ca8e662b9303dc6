package org.understudy.server.protection.internal.runs;

import java.util.Optional;
import java.util.UUID;
import org.springframework.data.repository.Repository;

/** Access to {@code head_state}. */
interface HeadStateRows extends Repository<HeadStateEntity, UUID> {

    HeadStateEntity save(HeadStateEntity state);

    Optional<HeadStateEntity> findById(UUID host);
}
