package org.understudy.server.protection.internal;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/** From what was thrown to what people are told. */
public final class Problems {

    private Problems() {}

    /** The problem that a failure carries; a failure without one is a bug and becomes {@code INTERNAL}. */
    public static Problem of(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof ProblemException known) {
            return known.problem();
        }
        return Problem.of(ProblemCode.INTERNAL).withDetails(cause.toString());
    }

    /** A failure of the pool's files: full, or not usable. */
    public static ProblemException ofPool(IOException failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.toLowerCase(Locale.ROOT).contains("no space left")) {
            return Problem.of(ProblemCode.POOL_FULL, "free", "0 B").asException(failure);
        }
        return Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", message).asException(failure);
    }
}
