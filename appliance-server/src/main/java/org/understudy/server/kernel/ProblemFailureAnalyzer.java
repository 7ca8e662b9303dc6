package org.understudy.server.kernel;

import java.util.Locale;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemException;

/** Says in a few lines why the server does not start, where a {@link Problem} is the reason. */
@Order(Ordered.HIGHEST_PRECEDENCE)
public class ProblemFailureAnalyzer extends AbstractFailureAnalyzer<ProblemException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ProblemException cause) {
        Problem problem = cause.problem();
        String description = problem.summary(Locale.ENGLISH) + " " + problem.cause(Locale.ENGLISH);
        String details = problem.details();
        return new FailureAnalysis(
                details == null ? description : description + "\n\n" + details,
                problem.remedy(Locale.ENGLISH),
                rootFailure);
    }
}
