package org.understudy.privileges.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.privileges.clock.ClockState;
import org.understudy.privileges.name.Identity;

/** What the daemon answers; exactly one for each request. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "answer")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Answer.Done.class, name = "done"),
    @JsonSubTypes.Type(value = Answer.Made.class, name = "made"),
    @JsonSubTypes.Type(value = Answer.Point.class, name = "point"),
    @JsonSubTypes.Type(value = Answer.NoPoint.class, name = "no-point"),
    @JsonSubTypes.Type(value = Answer.Status.class, name = "status"),
    @JsonSubTypes.Type(value = Answer.Refused.class, name = "refused")
})
public sealed interface Answer {

    /** It is as was asked for. */
    record Done() implements Answer {}

    /** The dataset is there; this is its identity. */
    record Made(Identity identity) implements Answer {}

    /**
     * A point as the pool holds it.
     *
     * @param transaction order in which points were made
     * @param keepUntilSeconds its lock, in seconds since 1970; 0 if it has none, -1 if its date cannot be read
     * @param holds tags of the caller's holds, and foreign ones after {@code foreign:}
     */
    record Point(Identity identity, long transaction, long keepUntilSeconds, List<String> holds) implements Answer {
        public Point {
            holds = List.copyOf(holds);
        }
    }

    record NoPoint() implements Answer {}

    /**
     * How the daemon is.
     *
     * @param clock whether points can be destroyed at all
     * @param reason why the clock is not trusted, in English; empty if it is
     * @param wallSeconds the clock of the machine, in seconds since 1970
     * @param trustedSeconds the time that locks are judged by
     * @param refused requests refused since the start, malformed ones included
     */
    record Status(ClockState clock, String reason, long wallSeconds, long trustedSeconds, long refused)
            implements Answer {}

    /** Nothing was done, or not all; the problem says why. */
    record Refused(
            ProblemCode code,
            Map<String, String> values,
            @Nullable String details) implements Answer {
        public Refused {
            values = Map.copyOf(values);
        }

        public static Refused of(Problem problem) {
            return new Refused(problem.code(), problem.values(), problem.details());
        }

        public Problem problem() {
            return new Problem(code, values, details);
        }
    }
}
