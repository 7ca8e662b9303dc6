package org.understudy.server.protection;

import java.time.Instant;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;

/** What happened in protection; published as Spring application events. */
public sealed interface ProtectionEvents {

    record RunChanged(RunId run, HostId host, BackupRun.State state) implements ProtectionEvents {}

    record RunProgressed(RunId run, HostId host, RunProgress progress) implements ProtectionEvents {}

    record RunFailed(RunId run, HostId host, BackupRun.State failedIn, Problem problem, boolean willRetry)
            implements ProtectionEvents {}

    record RecoveryPointCreated(PointId point, HostId host, RunId run) implements ProtectionEvents {}

    record RecoveryPointRemoved(PointId point, HostId host, boolean byRetention) implements ProtectionEvents {}

    record VerificationProgressed(PointId point, HostId host, long doneBlocks, long totalBlocks)
            implements ProtectionEvents {}

    record PointVerified(PointId point, HostId host) implements ProtectionEvents {}

    /** A block is not what the agent sent: the first mismatch, and how many there are. */
    record PointSuspect(PointId point, HostId host, int disk, long offset, long mismatches)
            implements ProtectionEvents {}

    /** No good point within the objective; {@code newest} is empty if there never was one. */
    record HostStale(HostId host, Optional<Instant> newest) implements ProtectionEvents {}

    record HostFresh(HostId host) implements ProtectionEvents {}
}
