package org.understudy.server.recovery;

import java.time.Duration;
import org.understudy.core.problem.Problem;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;

/** What happened to takeovers; published as Spring application events. */
public sealed interface RecoveryEvents {

    record TakeoverChanged(TakeoverId takeover, HostId host, Takeover.State state) implements RecoveryEvents {}

    /** All probes passed: the point is proven by boot. */
    record TakeoverAnswered(TakeoverId takeover, HostId host, PointId point, Takeover.Mode mode, Duration after)
            implements RecoveryEvents {}

    record TakeoverFailed(TakeoverId takeover, HostId host, PointId point, Takeover.State failedIn, Problem problem)
            implements RecoveryEvents {}

    /** A clone or machine was met at start-up that belongs to no takeover that is under way. */
    record LeftoverFound(String name, LeftoverAction action) implements RecoveryEvents {}

    /** What was done with a leftover. */
    enum LeftoverAction {
        /** Its takeover had ended, so it was removed. */
        REMOVED,
        /** The database does not know it: it was taken in as a kept takeover. */
        ADOPTED,
        /** The database does not know it and it cannot be taken in now: it was left alone. */
        LEFT
    }
}
