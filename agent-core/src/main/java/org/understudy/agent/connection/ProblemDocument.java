package org.understudy.agent.connection;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.ProtocolCodec;

/**
 * The appliance's refusal of an HTTP request (RFC 9457): {@code code} names a {@link ProblemCode}, {@code values} belong to its
 * texts.
 */
record ProblemDocument(
        @Nullable String code,
        @Nullable Map<String, String> values,
        @Nullable String detail) {

    /** The problem that an answer with an error status stands for, whatever its body is. */
    static Problem read(int status, String what, String body) {
        try {
            ProblemDocument document = ProtocolCodec.readDocument(body, ProblemDocument.class);
            String code = document.code;
            if (code != null) {
                Map<String, String> values = document.values;
                return new Problem(ProblemCode.valueOf(code), values == null ? Map.of() : values, document.detail);
            }
        } catch (ProblemException | IllegalArgumentException e) {
            return unexplained(status, what).withDetails(e.getMessage());
        }
        return unexplained(status, what);
    }

    private static Problem unexplained(int status, String what) {
        return Problem.of(
                ProblemCode.PROTOCOL_VIOLATION, "reason", "the appliance answered " + what + " with status " + status);
    }
}
