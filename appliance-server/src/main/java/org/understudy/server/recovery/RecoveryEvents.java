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
}
