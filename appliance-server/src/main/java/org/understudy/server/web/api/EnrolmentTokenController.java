package org.understudy.server.web.api;

import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.Fleet;

/** One-time tokens by which agents join. */
@RestController
@RequestMapping("/api/v1/enrolment-tokens")
class EnrolmentTokenController {

    private static final Duration DEFAULT_VALIDITY = Duration.ofHours(1);
    private static final Duration LONGEST_VALIDITY = Duration.ofDays(7);

    private final Fleet fleet;

    EnrolmentTokenController(Fleet fleet) {
        this.fleet = fleet;
    }

    /** @param validSeconds from 1 to a week; an hour if left out */
    record TokenRequest(@Nullable Long validSeconds) {}

    /**
     * @param token shown this once
     * @param command what to run on a host that has an agent, after the agent's name
     * @param install the line that installs and enrols, to run as root; null while the appliance has no package to give
     */
    record TokenResource(
            String id,
            String token,
            Instant expiresAt,
            String command,
            @Nullable String install) {}

    /** A token that nobody used yet. */
    record PendingTokenResource(String id, Instant issuedAt, Instant expiresAt, String issuedBy) {}

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    TokenResource issue(@RequestBody TokenRequest request, Principal user) {
        Duration validity =
                request.validSeconds() == null ? DEFAULT_VALIDITY : Duration.ofSeconds(request.validSeconds());
        if (validity.isNegative() || validity.isZero() || validity.compareTo(LONGEST_VALIDITY) > 0) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", "validSeconds must be from 1 to 604800")
                    .asException();
        }
        Fleet.IssuedToken issued = fleet.issueToken(validity, user.getName());
        return new TokenResource(
                issued.id(),
                issued.token(),
                issued.expiresAt(),
                issued.command(),
                issued.install().orElse(null));
    }

    @GetMapping
    List<PendingTokenResource> pending() {
        return fleet.pendingTokens().stream()
                .map(token ->
                        new PendingTokenResource(token.id(), token.issuedAt(), token.expiresAt(), token.issuedBy()))
                .toList();
    }
}
