package org.understudy.agent.hooks;

/** What runs on the host before and after a backup. Used by one thread. */
public interface BackupHooks {

    /** Whether there is something to run before a backup. */
    boolean hasPre();

    /** Whether there is something to run after a backup. */
    boolean hasPost();

    /**
     * Runs what comes before; does nothing if there is nothing.
     *
     * @return whether applications are at rest now; false if one could not be brought to it and that is no reason to make no point
     * @throws org.understudy.core.problem.ProblemException {@code SCRIPT_FAILED} with the end of its output
     */
    boolean pre(String run);

    /**
     * Runs what comes after; does nothing if there is nothing.
     *
     * @throws org.understudy.core.problem.ProblemException {@code SCRIPT_FAILED} with the end of its output
     */
    void post(String run);
}
