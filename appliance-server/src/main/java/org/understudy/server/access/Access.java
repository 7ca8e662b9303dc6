package org.understudy.server.access;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Who may use this appliance: the first administrator, log-ins with lock-out, and API tokens. Refusals are {@code
 * ProblemException}s: {@code LOGIN_REFUSED} (never says which part was wrong), {@code LOGIN_LOCKED} with the seconds left,
 * {@code SETUP_REQUIRED}. Thread-safe.
 *
 * <p>Every {@code address} is the peer's IP address as text. Failures count per user name and per address, are stored, and are
 * forgotten after a success or a day.
 */
public interface Access {

    /** Whether an administrator exists. Until then only {@link #completeSetup} is possible. */
    boolean setUp();

    /**
     * Makes the first administrator; works exactly once.
     *
     * @param code the content of {@code setup-code} in the data directory
     * @param address the peer; wrong codes lock it out as wrong passwords do
     * @throws org.understudy.core.problem.ProblemException {@code SETUP_DONE}, {@code SETUP_CODE_WRONG}, {@code
     *     USER_NAME_INVALID}, {@code PASSWORD_TOO_SHORT}, {@code PASSWORD_TOO_EASY}, {@code LOGIN_LOCKED}
     */
    void completeSetup(String code, String user, String password, String address);

    /** Checks a password and returns the user's name as stored. Records the outcome. */
    String logIn(String user, String password, String address);

    /**
     * Checks the password and issues a token for the API.
     *
     * @param name what the token is for, at most 100 characters
     * @param validity from one minute to one year
     * @throws org.understudy.core.problem.ProblemException also {@code INVALID_REQUEST} for a bad name or validity
     */
    ApiToken issueToken(String user, String password, String name, Duration validity, String address);

    /** Whose token this is; empty if it is unknown, expired or revoked. */
    Optional<TokenOwner> tokenOwner(String token);

    /** Makes a token useless at once; idempotent. Only tokens of {@code user}. */
    void revokeToken(String id, String user);

    /** The user's tokens that are still valid, newest first. */
    List<ApiTokenInfo> tokens(String user);
}
