package org.understudy.server.protection;

import java.util.List;
import java.util.Optional;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;

/** Backup runs: one per host at a time, a configured number at once. Thread-safe. */
public interface BackupRuns {

    /**
     * Asks for a run and returns at once.
     *
     * @throws org.understudy.core.problem.ProblemException {@code RUN_IN_PROGRESS} if the host has one, {@code NOT_FOUND},
     *     {@code AGENT_OFFLINE}
     */
    RunId start(HostId host, BackupRun.Trigger trigger);

    /**
     * Asks a run to stop; a run that is snapshotting or later completes. Idempotent.
     *
     * @throws org.understudy.core.problem.ProblemException {@code NOT_FOUND}
     */
    void cancel(RunId run);

    Optional<BackupRun> run(RunId id);

    /** Newest first. */
    List<BackupRun> recent(HostId host, int limit);

    /** Newest first, all hosts. */
    List<BackupRun> recent(int limit);

    List<BackupRun> active();
}
