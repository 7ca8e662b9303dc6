package org.understudy.server.fleet.enrolment;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

/** Access to {@code fleet_token}. */
interface TokenRows extends Repository<TokenRow, UUID> {

    TokenRow save(TokenRow row);

    Optional<TokenRow> findByTokenHash(String tokenHash);

    List<TokenRow> findByUsedAtIsNullAndExpiresAtAfterOrderByIssuedAtAsc(Instant now);

    /** Marks a token as used if nobody did before; 1 if this call did it. The database decides between two at once. */
    @Modifying(clearAutomatically = true)
    @Query("update TokenRow t set t.usedAt = :now, t.usedBy = :host "
            + "where t.id = :id and t.usedAt is null and t.expiresAt > :now")
    int use(UUID id, UUID host, Instant now);

    @Modifying
    @Query("delete from TokenRow t where t.expiresAt < :before")
    int deleteExpired(Instant before);
}
