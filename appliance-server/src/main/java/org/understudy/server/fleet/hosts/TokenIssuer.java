package org.understudy.server.fleet.hosts;

import java.time.Duration;
import java.util.List;
import org.understudy.server.fleet.Fleet;

/** Issues enrolment tokens. Implemented by enrolment. Thread-safe. */
public interface TokenIssuer {

    /** See {@link Fleet#issueToken}. */
    Fleet.IssuedToken issue(Duration validity, String issuedBy);

    /** See {@link Fleet#pendingTokens}. */
    List<Fleet.PendingToken> pending();
}
