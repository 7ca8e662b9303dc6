package org.understudy.server.access;

import java.time.Instant;
import java.util.Optional;

/**
 * An API token as shown in lists.
 *
 * @param name what it is for
 * @param lastUsedAt to the minute; empty: never used
 */
public record ApiTokenInfo(
        String id, String user, String name, Instant createdAt, Instant expiresAt, Optional<Instant> lastUsedAt) {}
