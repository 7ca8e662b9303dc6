package org.understudy.server.fleet.enrolment;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A row of {@code fleet_token}. */
@Entity
@Table(name = "fleet_token")
class TokenRow {

    @Id
    UUID id;

    @Version
    @Nullable
    Integer version;

    String tokenHash;

    Instant issuedAt;

    Instant expiresAt;

    String issuedBy;

    @Nullable
    Instant usedAt;

    @Nullable
    UUID usedBy;

    @SuppressWarnings("NullAway.Init") // filled by JPA
    protected TokenRow() {}

    TokenRow(UUID id, String tokenHash, Instant issuedAt, Instant expiresAt, String issuedBy) {
        this.id = id;
        this.tokenHash = tokenHash;
        this.issuedAt = issuedAt;
        this.expiresAt = expiresAt;
        this.issuedBy = issuedBy;
    }
}
