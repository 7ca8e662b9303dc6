package org.understudy.server.recovery.internal;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.Takeover;

/**
 * The rows of takeovers. Every method is a transaction of its own. Thread-safe. The stored one and the fake pass
 * {@code TakeoverBookContract}.
 */
interface TakeoverBook {

    /** @throws org.understudy.core.problem.ProblemException {@code TAKEOVER_EXISTS} */
    void open(Takeover takeover);

    Optional<Takeover> find(TakeoverId id);

    /** Newest first. */
    List<Takeover> newest(int limit);

    /** All that are not final, oldest first. */
    List<Takeover> unfinished();

    /**
     * Changes a takeover; concurrent changes of one takeover follow one another.
     *
     * @throws org.understudy.core.problem.ProblemException {@code NOT_FOUND}
     */
    Takeover change(TakeoverId id, UnaryOperator<Takeover> change);
}
