package org.understudy.zfs.error;

import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/** Carries a {@link ZfsError}. As a problem it is told in general terms; callers that know more translate the error. */
public final class ZfsException extends ProblemException {

    private final transient ZfsError error;

    public ZfsException(ZfsError error, String details) {
        super(problem(error).withDetails(details));
        this.error = error;
    }

    public ZfsError error() {
        return error;
    }

    private static Problem problem(ZfsError error) {
        return switch (kind(error)) {
            case POOL_UNAVAILABLE -> Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", error.toString());
            case POOL_FULL -> Problem.of(ProblemCode.POOL_FULL, "free", "0 B");
            case NOT_FOUND -> Problem.of(ProblemCode.NOT_FOUND, "what", error.toString());
            case CAPABILITY_MISSING -> Problem.of(ProblemCode.CAPABILITY_MISSING, "capability", error.toString());
            case INVALID_REQUEST -> Problem.of(ProblemCode.INVALID_REQUEST, "reason", error.toString());
            default -> Problem.of(ProblemCode.CONFLICT, "reason", error.toString());
        };
    }

    private static ProblemCode kind(ZfsError error) {
        if (error instanceof ZfsError.OutOfSpace) {
            return ProblemCode.POOL_FULL;
        }
        if (error instanceof ZfsError.Missing
                || error instanceof ZfsError.ParentMissing
                || error instanceof ZfsError.TagMissing
                || error instanceof ZfsError.DeviceMissing) {
            return ProblemCode.NOT_FOUND;
        }
        if (error instanceof ZfsError.PoolMissing
                || error instanceof ZfsError.PoolUnavailable
                || error instanceof ZfsError.NoModule
                || error instanceof ZfsError.KeyMissing
                || error instanceof ZfsError.PermissionDenied
                || error instanceof ZfsError.Unreadable) {
            return ProblemCode.POOL_UNAVAILABLE;
        }
        if (error instanceof ZfsError.Unsupported) {
            return ProblemCode.CAPABILITY_MISSING;
        }
        if (error instanceof ZfsError.InvalidProperty || error instanceof ZfsError.BadStream) {
            return ProblemCode.INVALID_REQUEST;
        }
        return ProblemCode.CONFLICT;
    }
}
