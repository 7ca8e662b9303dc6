package org.understudy.console;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.access.Access;
import org.understudy.server.access.ApiToken;
import org.understudy.server.access.ApiTokenInfo;
import org.understudy.server.access.AuditLog;
import org.understudy.server.access.TokenOwner;

final class FakeAccess implements Access {

    static final String USER = "ann";
    static final String PASSWORD = "seven grey herons wait";
    static final String CODE = "QJS77-4BW2K-CQNDC-ZDZXE";

    private final Clock clock;
    private final AuditLog audit;
    private final Map<String, ApiTokenInfo> tokens = new LinkedHashMap<>();
    private String user = USER;
    private String password = PASSWORD;
    private boolean done = true;
    private int failures;

    FakeAccess(Clock clock, AuditLog audit) {
        this.clock = clock;
        this.audit = audit;
    }

    synchronized void reset(boolean setUp) {
        done = setUp;
        user = USER;
        password = PASSWORD;
        failures = 0;
        tokens.clear();
    }

    @Override
    public synchronized boolean setUp() {
        return done;
    }

    @Override
    public synchronized void completeSetup(String code, String newUser, String newPassword, String address) {
        if (done) {
            throw problem(ProblemCode.SETUP_DONE);
        }
        if (!code.equals(CODE)) {
            throw problem(ProblemCode.SETUP_CODE_WRONG);
        }
        if (newPassword.length() < 12) {
            throw Problem.of(ProblemCode.PASSWORD_TOO_SHORT, "minimum", "12", "maximum", "256")
                    .asException();
        }
        user = newUser;
        password = newPassword;
        done = true;
    }

    @Override
    public synchronized String logIn(String name, String secret, String address) {
        if (failures >= 5) {
            throw Problem.of(ProblemCode.LOGIN_LOCKED, "seconds", "30").asException();
        }
        if (!name.equals(user) || !secret.equals(password)) {
            failures++;
            throw problem(ProblemCode.LOGIN_REFUSED);
        }
        failures = 0;
        audit.record(user, address, "session.login", user, "");
        return user;
    }

    @Override
    public synchronized ApiToken issueToken(
            String name, String secret, String purpose, Duration validity, String address) {
        if (!name.equals(user) || !secret.equals(password)) {
            throw problem(ProblemCode.LOGIN_REFUSED);
        }
        String id = "5d0c4f9e-0000-4000-8000-00000000000" + tokens.size();
        String token = "us_ThisIsTheTokenNumber" + tokens.size() + "OfTheFakeThatIsLongEnough";
        tokens.put(
                token,
                new ApiTokenInfo(
                        id, user, purpose, clock.instant(), clock.instant().plus(validity), Optional.empty()));
        return new ApiToken(id, token, clock.instant().plus(validity));
    }

    @Override
    public synchronized Optional<TokenOwner> tokenOwner(String token) {
        return Optional.ofNullable(tokens.get(token)).map(info -> new TokenOwner(info.user(), info.id()));
    }

    @Override
    public synchronized void revokeToken(String id, String owner) {
        tokens.values().removeIf(info -> info.id().equals(id) && info.user().equals(owner));
    }

    @Override
    public synchronized List<ApiTokenInfo> tokens(String owner) {
        return List.copyOf(tokens.values());
    }

    private static RuntimeException problem(ProblemCode code) {
        return Problem.of(code).asException();
    }
}
