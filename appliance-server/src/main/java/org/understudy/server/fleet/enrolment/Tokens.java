package org.understudy.server.fleet.enrolment;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.delivery.Installation;
import org.understudy.server.fleet.hosts.TokenIssuer;
import org.understudy.server.fleet.port.AgentAddress;
import org.understudy.server.identity.ApplianceIdentity;
import org.understudy.server.kernel.HostId;

/** Enrolment tokens in the database, stored hashed. Thread-safe. */
@Component
public class Tokens implements TokenIssuer {

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofDays(30);
    private static final Duration KEPT_AFTER_EXPIRY = Duration.ofDays(30);

    private final TokenRows rows;
    private final Clock clock;
    private final ApplianceIdentity identity;
    private final AgentAddress address;
    private final Installation installation;

    public Tokens(
            TokenRows rows, Clock clock, ApplianceIdentity identity, AgentAddress address, Installation installation) {
        this.rows = rows;
        this.clock = clock;
        this.identity = identity;
        this.address = address;
        this.installation = installation;
    }

    @Override
    @Transactional
    public Fleet.IssuedToken issue(Duration validity, String issuedBy) {
        if (validity.compareTo(SHORTEST) < 0 || validity.compareTo(LONGEST) > 0) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", "a token is valid for 1 second to 30 days")
                    .asException();
        }
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        rows.deleteExpired(now.minus(KEPT_AFTER_EXPIRY));
        OneTimeToken token = OneTimeToken.random();
        UUID id = UUID.randomUUID();
        rows.save(new TokenRow(id, token.hash(), now, now.plus(validity), issuedBy));
        String command = "enrol --server " + address.text() + " --fingerprint " + identity.fingerprint() + " --token "
                + token.text();
        return new Fleet.IssuedToken(
                id.toString(), token.text(), now.plus(validity), command, installation.line(token.text()));
    }

    @Override
    @Transactional(readOnly = true)
    public List<Fleet.PendingToken> pending() {
        return rows.findByUsedAtIsNullAndExpiresAtAfterOrderByIssuedAtAsc(clock.instant()).stream()
                .map(row -> new Fleet.PendingToken(row.id.toString(), row.issuedAt, row.expiresAt, row.issuedBy))
                .toList();
    }

    /**
     * Finds a token that may be used now; it is not used by this.
     *
     * @return its id
     * @throws ProblemException {@code TOKEN_INVALID}, {@code TOKEN_USED}, {@code TOKEN_EXPIRED}
     */
    @Transactional(readOnly = true)
    public UUID check(OneTimeToken token) {
        TokenRow row = rows.findByTokenHash(token.hash())
                .orElseThrow(() -> Problem.of(ProblemCode.TOKEN_INVALID).asException());
        if (row.usedAt != null) {
            throw Problem.of(ProblemCode.TOKEN_USED).asException();
        }
        if (!clock.instant().isBefore(row.expiresAt)) {
            throw Problem.of(ProblemCode.TOKEN_EXPIRED).asException();
        }
        return row.id;
    }

    /** Uses the token up, in the caller's transaction. */
    @Transactional
    public void use(UUID token, HostId host) {
        if (rows.use(token, host.value(), clock.instant()) != 1) {
            throw Problem.of(ProblemCode.TOKEN_USED).asException();
        }
    }
}
