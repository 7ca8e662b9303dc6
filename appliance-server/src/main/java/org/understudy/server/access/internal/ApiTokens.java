package org.understudy.server.access.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.understudy.server.access.ApiToken;
import org.understudy.server.access.ApiTokenInfo;
import org.understudy.server.access.TokenOwner;

/**
 * API tokens: 256 random bits, of which only the SHA-256 is stored. A slow hash would add nothing, since nobody guesses such a
 * token.
 */
@Component
class ApiTokens {

    static final String PREFIX = "us_";

    private static final int TOKEN_BYTES = 32;
    private static final int MAXIMUM_TOKEN_LENGTH = 100;
    private static final Duration USE_RESOLUTION = Duration.ofMinutes(1);

    private final JdbcClient database;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    ApiTokens(JdbcClient database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    ApiToken issue(String user, String name, Duration validity) {
        byte[] secret = new byte[TOKEN_BYTES];
        random.nextBytes(secret);
        String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        UUID id = UUID.randomUUID();
        Instant now = clock.instant();
        Instant expiresAt = now.plus(validity);
        database.sql("""
                        insert into access_token (id, token_hash, user_name, name, created_at, expires_at)
                        values (:id, :hash, :user, :name, :now, :expires)""")
                .param("id", id)
                .param("hash", hash(token))
                .param("user", user)
                .param("name", name)
                .param("now", Timestamp.from(now))
                .param("expires", Timestamp.from(expiresAt))
                .update();
        database.sql("delete from access_token where expires_at < :now")
                .param("now", Timestamp.from(now))
                .update();
        return new ApiToken(id.toString(), token, expiresAt);
    }

    Optional<TokenOwner> owner(String token) {
        if (!token.startsWith(PREFIX) || token.length() > MAXIMUM_TOKEN_LENGTH) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        Optional<TokenOwner> owner = database.sql(
                        "select id, user_name from access_token where token_hash = :hash and expires_at > :now")
                .param("hash", hash(token))
                .param("now", Timestamp.from(now))
                .query((row, number) -> new TokenOwner(row.getString("user_name"), row.getString("id")))
                .optional();
        owner.ifPresent(found -> database.sql("""
                        update access_token set last_used_at = :now
                        where id = :id and (last_used_at is null or last_used_at < :before)""")
                .param("now", Timestamp.from(now))
                .param("id", UUID.fromString(found.tokenId()))
                .param("before", Timestamp.from(now.minus(USE_RESOLUTION)))
                .update());
        return owner;
    }

    void revoke(UUID id, String user) {
        database.sql("delete from access_token where id = :id and user_name = :user")
                .param("id", id)
                .param("user", user)
                .update();
    }

    List<ApiTokenInfo> valid(String user) {
        return database.sql("""
                        select id, user_name, name, created_at, expires_at, last_used_at from access_token
                        where user_name = :user and expires_at > :now order by created_at desc""")
                .param("user", user)
                .param("now", Timestamp.from(clock.instant()))
                .query((row, number) -> new ApiTokenInfo(
                        row.getString("id"),
                        row.getString("user_name"),
                        row.getString("name"),
                        row.getTimestamp("created_at").toInstant(),
                        row.getTimestamp("expires_at").toInstant(),
                        Optional.ofNullable(row.getTimestamp("last_used_at")).map(Timestamp::toInstant)))
                .list();
    }

    private static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
