package org.understudy.server.web.api;

import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.server.access.Access;
import org.understudy.server.access.ApiToken;
import org.understudy.server.access.AuditEntry;
import org.understudy.server.access.AuditLog;

/** First set-up, API tokens and the audit log. */
@RestController
@RequestMapping("/api/v1")
class AccessController {

    private static final Duration DEFAULT_VALIDITY = Duration.ofHours(12);

    private final Access access;
    private final AuditLog audit;

    AccessController(Access access, AuditLog audit) {
        this.access = access;
        this.audit = audit;
    }

    /** @param code from the file {@code setup-code} in the data directory */
    record SetupRequest(String code, String user, String password) {
        @Override
        public String toString() {
            return "SetupRequest[user=" + user + "]";
        }
    }

    /** Makes the first administrator. Works once. */
    @PostMapping("/setup")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void setUp(@RequestBody SetupRequest request, HttpServletRequest http) {
        access.completeSetup(request.code(), request.user(), request.password(), http.getRemoteAddr());
    }

    /** @param validSeconds from a minute to a year; twelve hours if left out */
    record TokenRequest(
            String user,
            String password,
            String name,
            @Nullable Long validSeconds) {
        @Override
        public String toString() {
            return "TokenRequest[user=" + user + ", name=" + name + "]";
        }
    }

    /** @param token to be sent as {@code Authorization: Bearer}; shown this once */
    record TokenResource(String id, String token, Instant expiresAt) {}

    @PostMapping("/tokens")
    @ResponseStatus(HttpStatus.CREATED)
    TokenResource issueToken(@RequestBody TokenRequest request, HttpServletRequest http) {
        Duration validity =
                request.validSeconds() == null ? DEFAULT_VALIDITY : Duration.ofSeconds(request.validSeconds());
        ApiToken token =
                access.issueToken(request.user(), request.password(), request.name(), validity, http.getRemoteAddr());
        return new TokenResource(token.id(), token.token(), token.expiresAt());
    }

    /** A token without its secret. */
    record TokenInfo(
            String id,
            String name,
            Instant createdAt,
            Instant expiresAt,
            @Nullable Instant lastUsedAt) {}

    @GetMapping("/tokens")
    List<TokenInfo> tokens(Principal user) {
        return access.tokens(user.getName()).stream()
                .map(token -> new TokenInfo(
                        token.id(),
                        token.name(),
                        token.createdAt(),
                        token.expiresAt(),
                        token.lastUsedAt().orElse(null)))
                .toList();
    }

    @DeleteMapping("/tokens/{token}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void revokeToken(@PathVariable String token, Principal user) {
        access.revokeToken(token, user.getName());
    }

    @GetMapping("/audit")
    List<AuditEntry> audit(@RequestParam(defaultValue = "100") int limit) {
        return audit.recent(Math.clamp(limit, 1, 1000));
    }
}
