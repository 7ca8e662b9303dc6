package org.understudy.server.protection.internal.runs;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.PostLoad;
import jakarta.persistence.PostPersist;
import jakarta.persistence.Table;
import jakarta.persistence.Transient;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Persistable;

/** A row of {@code head_state}. */
@Entity
@Table(name = "head_state")
class HeadStateEntity implements Persistable<UUID> {

    @Id
    private UUID hostId;

    boolean clean;

    @Nullable
    UUID pointId;

    @Transient
    private boolean isNew = true;

    @SuppressWarnings("NullAway.Init") // filled by JPA
    protected HeadStateEntity() {}

    HeadStateEntity(UUID hostId) {
        this.hostId = hostId;
    }

    @Override
    public UUID getId() {
        return hostId;
    }

    @Override
    public boolean isNew() {
        return isNew;
    }

    @PostLoad
    @PostPersist
    void stored() {
        isNew = false;
    }
}
