package org.understudy.server.protection.internal.policies;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.PostLoad;
import jakarta.persistence.PostPersist;
import jakarta.persistence.Table;
import jakarta.persistence.Transient;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Persistable;

/** A row of {@code host_protection}. */
@Entity
@Table(name = "host_protection")
class HostNotesEntity implements Persistable<UUID> {

    @Id
    private UUID hostId;

    @Nullable
    Instant missedAt;

    @Nullable
    Instant skippedAt;

    @Nullable
    String skipReason;

    boolean stale;

    @Transient
    private boolean isNew = true;

    @SuppressWarnings("NullAway.Init") // filled by JPA
    protected HostNotesEntity() {}

    HostNotesEntity(UUID hostId) {
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
