package org.understudy.server.recovery.internal;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** A problem as JSON in the database. */
record StoredProblem(
        ProblemCode code,
        Map<String, String> values,
        @Nullable String details) {

    static StoredProblem of(Problem problem) {
        return new StoredProblem(problem.code(), problem.values(), problem.details());
    }

    Problem toProblem() {
        return new Problem(code, values, details);
    }
}
