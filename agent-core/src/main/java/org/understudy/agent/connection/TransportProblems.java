package org.understudy.agent.connection;

import java.net.http.WebSocketHandshakeException;
import javax.net.ssl.SSLException;
import org.understudy.agent.tls.UntrustedApplianceException;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/** What a failed connection means for the person who reads the log: wrong appliance, refused agent, or no network. Stateless. */
final class TransportProblems {

    private TransportProblems() {}

    /** The problem behind an exception of the HTTP client. */
    static Problem explain(Throwable failure, ServerAddress server) {
        Throwable cause = failure;
        SSLException tls = null;
        while (cause != null) {
            if (cause instanceof ProblemException problem) {
                return problem.problem();
            }
            if (cause instanceof UntrustedApplianceException untrusted) {
                return Problem.of(
                                ProblemCode.FINGERPRINT_MISMATCH,
                                "expected",
                                untrusted.expected(),
                                "found",
                                untrusted.found())
                        .withDetails(untrusted.getMessage());
            }
            if (cause instanceof WebSocketHandshakeException refused) {
                return ofStatus(refused.getResponse().statusCode());
            }
            if (cause instanceof SSLException found) {
                tls = found;
            }
            cause = cause.getCause();
        }
        if (tls != null) {
            return Problem.of(ProblemCode.CERTIFICATE_REFUSED, "reason", String.valueOf(tls.getMessage()))
                    .withDetails(failure.toString());
        }
        return Problem.of(ProblemCode.APPLIANCE_UNREACHABLE, "server", server.toString())
                .withDetails(failure.toString());
    }

    private static Problem ofStatus(int status) {
        String answer = "the appliance answered with status " + status;
        return status == 401 || status == 403
                ? Problem.of(ProblemCode.CERTIFICATE_REFUSED, "reason", answer)
                : Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", answer);
    }
}
