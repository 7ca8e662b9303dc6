package org.understudy.server.protection.internal.policies;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.repository.Repository;

/** Access to {@code protection_policy}. */
interface PolicyRows extends Repository<PolicyEntity, UUID> {

    PolicyEntity save(PolicyEntity policy);

    Optional<PolicyEntity> findById(UUID id);

    List<PolicyEntity> findByOrderByName();

    Optional<PolicyEntity> findByNameIgnoreCase(String name);

    void deleteById(UUID id);

    long count();
}
