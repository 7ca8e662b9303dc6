package org.understudy.core.problem;

/** Carries a {@link Problem} up to whoever can act on it. Bugs are other exceptions. */
public class ProblemException extends RuntimeException {

    private final transient Problem problem;

    public ProblemException(Problem problem) {
        super(problem.english());
        this.problem = problem;
    }

    public ProblemException(Problem problem, Throwable cause) {
        super(problem.english(), cause);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
