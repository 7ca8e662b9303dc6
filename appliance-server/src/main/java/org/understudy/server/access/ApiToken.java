package org.understudy.server.access;

import java.time.Instant;

/**
 * A new API token.
 *
 * @param id names it in lists and in the audit log
 * @param token shown once; only its hash is stored
 */
public record ApiToken(String id, String token, Instant expiresAt) {

    /** Leaves the token out, so that it never reaches a log. */
    @Override
    public String toString() {
        return "ApiToken[id=" + id + ", expiresAt=" + expiresAt + "]";
    }
}
