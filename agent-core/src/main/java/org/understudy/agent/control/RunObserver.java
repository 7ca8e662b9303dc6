package org.understudy.agent.control;

import org.jspecify.annotations.Nullable;

/**
 * Watches runs. Called by the thread that does the work, so it must be quick; what it throws ends the run.
 */
@FunctionalInterface
public interface RunObserver {

    /**
     * A phase is reached.
     *
     * @param run id of the run, or null for phases that belong to none
     * @param pass number of the pass for {@link RunPhase#PASS_STARTED}, else 0
     */
    void reached(RunPhase phase, @Nullable String run, int pass);
}
