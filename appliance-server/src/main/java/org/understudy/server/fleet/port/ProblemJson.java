package org.understudy.server.fleet.port;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.FaultClass;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.ProtocolCodec;

/**
 * A refusal as agents read it: RFC 9457 with the members {@code code} and {@code values}. Texts are English.
 *
 * @param type names the code as a URI
 * @param title what happened
 * @param status HTTP status
 * @param detail why, and what to do
 */
public record ProblemJson(
        String type, String title, int status, String detail, String code, Map<String, String> values) {

    public static final String MEDIA_TYPE = "application/problem+json";

    public static ProblemJson of(Problem problem) {
        return new ProblemJson(
                "urn:understudy:problem:" + problem.code().name(),
                problem.summary(Locale.ENGLISH),
                status(problem.code()),
                problem.cause(Locale.ENGLISH) + " " + problem.remedy(Locale.ENGLISH),
                problem.code().name(),
                problem.values());
    }

    public String json() {
        return ProtocolCodec.write(this);
    }

    /** Seconds for {@code Retry-After}, or null if waiting alone does not help. */
    public @Nullable String retryAfter() {
        return status == 429 ? values.get("seconds") : null;
    }

    static void send(HttpServletResponse response, Problem problem) throws IOException {
        ProblemJson body = of(problem);
        response.setStatus(body.status());
        response.setContentType(MEDIA_TYPE);
        response.setCharacterEncoding(StandardCharsets.UTF_8);
        response.getOutputStream().write(body.json().getBytes(StandardCharsets.UTF_8));
    }

    private static int status(ProblemCode code) {
        return switch (code) {
            case INVALID_REQUEST, PROTOCOL_VIOLATION, DIGEST_MISMATCH -> 400;
            case TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, CERTIFICATE_REFUSED, FOREIGN_HOST -> 403;
            case NOT_FOUND, RUN_UNKNOWN, POINT_NOT_FOUND, DISK_NOT_FOUND, VOLUME_NOT_FOUND -> 404;
            case CONFLICT, RUN_IN_PROGRESS -> 409;
            case ENROLMENT_LOCKED, RUN_LIMIT_REACHED -> 429;
            case POOL_FULL -> 507;
            // Whatever else a module reports: what passes by itself is tried again, the rest is ours to mend.
            default -> code.faultClass() == FaultClass.TRANSIENT ? 503 : 500;
        };
    }
}
