package org.understudy.server.protection;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.understudy.core.protocol.Consistency;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;

/**
 * A bootable copy of all protected disks of a host at one instant.
 *
 * @param takenAt by the appliance's clock
 * @param lockedUntil nobody deletes it before; empty: not locked
 * @param changedBytes against the point before
 * @param totalBytes of all disks
 * @param usedBytes used space at that instant
 * @param mismatches what verification found; empty unless {@code SUSPECT}
 */
public record RecoveryPoint(
        PointId id,
        HostId host,
        RunId run,
        Instant takenAt,
        State state,
        Optional<Instant> stateSince,
        Consistency consistency,
        String consistencyReason,
        boolean pinned,
        Optional<Instant> lockedUntil,
        long changedBytes,
        long totalBytes,
        long usedBytes,
        List<PointDisk> disks,
        Optional<VerificationResult> verification) {

    /** What is known of its contents, in rising order of trust; {@code SUSPECT} overrides all. */
    public enum State {
        UNVERIFIED,
        VERIFIED,
        PROVEN,
        SUSPECT
    }

    /** A disk in the point. */
    public record PointDisk(int number, String key, long sizeBytes, long usedBytes, long changedBytes) {}

    /**
     * The last time that the stored data was read back.
     *
     * @param blocks blocks compared, zero blocks included where a digest says zero
     * @param mismatches the first hundred
     */
    public record VerificationResult(
            Instant startedAt, Instant endedAt, long blocks, long mismatchCount, List<Mismatch> mismatches) {}

    /** A block whose digest is not the one that the agent computed. */
    public record Mismatch(int disk, long offset, long length) {}
}
