package org.understudy.server.protection;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;

/**
 * One backup of one host, as it stands now.
 *
 * @param first whether the host had no point before
 * @param transitions every state entered so far, in order
 * @param point the recovery point, once there is one
 * @param problem why it failed, if it did
 * @param failedIn the state in which it failed
 * @param attempt from 1; transient faults are retried
 */
public record BackupRun(
        RunId id,
        HostId host,
        Trigger trigger,
        State state,
        boolean first,
        int attempt,
        Instant requestedAt,
        Optional<Instant> endedAt,
        List<Transition> transitions,
        Volumes volumes,
        Optional<PointId> point,
        Optional<Problem> problem,
        Optional<State> failedIn,
        Optional<RunProgress> progress) {

    /** Why the run was started. */
    public enum Trigger {
        SCHEDULE,
        MADE_UP,
        MANUAL,
        RETRY
    }

    /** States in their order; the method's step numbers are in docs/design/backup-run.md. */
    public enum State {
        REQUESTED,
        DESCRIBING,
        PREPARING,
        OPENING_VIEW,
        EXPORTING,
        TRANSFERRING,
        RELEASING,
        SNAPSHOTTING,
        COMMITTING,
        CATALOGUING,
        DONE,
        FAILED,
        CANCELLED;

        public boolean isFinal() {
            return this == DONE || this == FAILED || this == CANCELLED;
        }
    }

    /** A state, when it was entered and how long it lasted (zero while it is the current one). */
    public record Transition(State state, Instant enteredAt, Duration lasted, String note) {}

    /** Bytes, all disks together; see {@code AgentMessage.DiskTransfer}. */
    public record Volumes(long diskBytes, long usedBytes, long scannedBytes, long changedBytes, long sentBytes) {}
}
