package org.understudy.server.access.internal;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.access.Access;
import org.understudy.server.access.ApiToken;
import org.understudy.server.access.ApiTokenInfo;
import org.understudy.server.access.AuditLog;
import org.understudy.server.access.TokenOwner;

/** Users in the database. */
@Component
class StoredAccess implements Access {

    private static final String USER_NAME = "[a-z][a-z0-9._-]{1,31}";
    private static final int MAXIMUM_TOKEN_NAME = 100;
    private static final Duration SHORTEST_VALIDITY = Duration.ofMinutes(1);
    private static final Duration LONGEST_VALIDITY = Duration.ofDays(366);

    private final JdbcClient database;
    private final TransactionTemplate transaction;
    private final PasswordEncoder encoder;
    private final LoginGuard guard;
    private final SetupCode setupCode;
    private final ApiTokens tokens;
    private final AuditLog audit;
    private final Clock clock;
    /** One attempt at a time, so that no number of parallel guesses gets past the count of failures. */
    private final ReentrantLock attempts = new ReentrantLock(true);
    /** Checked for unknown users, so that they take as long as known ones. */
    private final String nobodysHash;

    StoredAccess(
            JdbcClient database,
            TransactionTemplate transaction,
            PasswordEncoder encoder,
            LoginGuard guard,
            SetupCode setupCode,
            ApiTokens tokens,
            AuditLog audit,
            Clock clock) {
        this.database = database;
        this.transaction = transaction;
        this.encoder = encoder;
        this.guard = guard;
        this.setupCode = setupCode;
        this.tokens = tokens;
        this.audit = audit;
        this.clock = clock;
        this.nobodysHash = encoder.encode(UUID.randomUUID().toString());
    }

    @EventListener(ApplicationStartedEvent.class)
    void offerSetup() {
        if (!setUp()) {
            setupCode.offer();
        }
    }

    @Override
    public boolean setUp() {
        return database.sql("select exists (select 1 from access_setup)")
                .query(Boolean.class)
                .single();
    }

    @Override
    public void completeSetup(String code, String user, String password, String address) {
        String name = normalised(user);
        attempts.lock();
        try {
            if (setUp()) {
                throw Problem.of(ProblemCode.SETUP_DONE).asException();
            }
            guard.check("-setup", address);
            if (!setupCode.matches(code)) {
                guard.failed("-setup", address);
                audit.record("-", address, "access.setup", name, "refused: wrong code");
                throw Problem.of(ProblemCode.SETUP_CODE_WRONG).asException();
            }
            if (!name.matches(USER_NAME)) {
                throw Problem.of(ProblemCode.USER_NAME_INVALID).asException();
            }
            PasswordRule.fault(name, password).ifPresent(problem -> {
                throw problem.asException();
            });
            insertFirstUser(name, encoder.encode(password));
            guard.succeeded("-setup", address);
            audit.record(name, address, "access.setup", name, "first administrator");
            setupCode.remove();
        } finally {
            attempts.unlock();
        }
    }

    private void insertFirstUser(String name, String hash) {
        Timestamp now = Timestamp.from(clock.instant());
        try {
            transaction.executeWithoutResult(status -> {
                database.sql("insert into access_setup (once, done_at, done_by) values (true, :now, :name)")
                        .param("now", now)
                        .param("name", name)
                        .update();
                database.sql("insert into access_user (name, password_hash, created_at) values (:name, :hash, :now)")
                        .param("name", name)
                        .param("hash", hash)
                        .param("now", now)
                        .update();
            });
        } catch (DuplicateKeyException e) {
            throw Problem.of(ProblemCode.SETUP_DONE).asException(e);
        }
    }

    @Override
    public String logIn(String user, String password, String address) {
        String name = authenticated(user, password, address, "session.login");
        audit.record(name, address, "session.login", name, "");
        return name;
    }

    @Override
    public ApiToken issueToken(String user, String password, String name, Duration validity, String address) {
        String purpose = name.strip();
        if (purpose.isEmpty() || purpose.length() > MAXIMUM_TOKEN_NAME) {
            throw invalid("the name of a token has 1 to " + MAXIMUM_TOKEN_NAME + " characters");
        }
        if (validity.compareTo(SHORTEST_VALIDITY) < 0 || validity.compareTo(LONGEST_VALIDITY) > 0) {
            throw invalid("a token is valid for one minute to one year");
        }
        String owner = authenticated(user, password, address, "token.issue");
        ApiToken token = tokens.issue(owner, purpose, validity);
        audit.record(owner, address, "token.issue", token.id(), purpose + ", until " + token.expiresAt());
        return token;
    }

    @Override
    public Optional<TokenOwner> tokenOwner(String token) {
        return tokens.owner(token);
    }

    @Override
    public void revokeToken(String id, String user) {
        try {
            tokens.revoke(UUID.fromString(id), user);
        } catch (IllegalArgumentException e) {
            throw Problem.of(ProblemCode.NOT_FOUND, "what", "token", "id", id).asException(e);
        }
    }

    @Override
    public List<ApiTokenInfo> tokens(String user) {
        return tokens.valid(user);
    }

    private String authenticated(String user, String password, String address, String action) {
        String name = normalised(user);
        attempts.lock();
        try {
            if (!setUp()) {
                throw Problem.of(ProblemCode.SETUP_REQUIRED).asException();
            }
            guard.check(name, address);
            Optional<String> hash = database.sql("select password_hash from access_user where name = :name")
                    .param("name", name)
                    .query(String.class)
                    .optional();
            boolean right = password.length() <= PasswordRule.MAXIMUM_LENGTH
                    && encoder.matches(password, hash.orElse(nobodysHash))
                    && hash.isPresent();
            if (!right) {
                throw refused(name, address, action);
            }
            guard.succeeded(name, address);
            return name;
        } finally {
            attempts.unlock();
        }
    }

    private ProblemException refused(String name, String address, String action) {
        Duration lockedFor = guard.failed(name, address);
        String detail = lockedFor.isZero() ? "refused" : "refused, locked for " + lockedFor.toSeconds() + " s";
        audit.record("-", address, action, name, detail);
        return lockedFor.isZero() ? Problem.of(ProblemCode.LOGIN_REFUSED).asException() : LoginGuard.locked(lockedFor);
    }

    private static ProblemException invalid(String reason) {
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", reason).asException();
    }

    private static String normalised(String user) {
        String plain = user.strip().toLowerCase(Locale.ROOT).replaceAll("\\p{Cntrl}", "");
        return plain.length() > 64 ? plain.substring(0, 64) : plain;
    }
}
