package org.understudy.server.web.api;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;

/**
 * A failure inside a resource: the same parts as a problem document.
 *
 * @param code stable code
 * @param summary what happened, in the reader's language
 * @param cause why
 * @param remedy what to do
 */
public record ProblemResource(
        String code,
        String faultClass,
        String summary,
        String cause,
        String remedy,
        Map<String, String> values,
        @Nullable String details) {

    static ProblemResource of(Problem problem, Locale locale) {
        return new ProblemResource(
                problem.code().name(),
                problem.faultClass().name(),
                problem.summary(locale),
                problem.cause(locale),
                problem.remedy(locale),
                problem.values(),
                problem.details());
    }
}
