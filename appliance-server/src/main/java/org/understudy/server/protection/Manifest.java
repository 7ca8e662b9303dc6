package org.understudy.server.protection;

import java.time.Instant;
import java.util.List;
import org.understudy.core.protocol.Consistency;
import org.understudy.core.protocol.HostFacts;

/**
 * {@code meta/manifest.json} of a recovery point: everything that is needed to understand the point without the database.
 * Version 1; fields may be added, never changed.
 *
 * @param version 1
 * @param point id of the point; {@code host} and {@code run} likewise
 * @param hostName name on the appliance at that time
 * @param facts what the host reported at the run
 */
public record Manifest(
        int version,
        String point,
        String host,
        String hostName,
        Instant hostEnrolledAt,
        String run,
        Instant takenAt,
        Consistency consistency,
        String consistencyReason,
        long frozenMillis,
        List<ManifestDisk> disks,
        HostFacts facts) {

    /**
     * @param number the disk is {@code disk<number>} in the pool and its digests are {@code meta/disk<number>.digests}
     * @param blockSize bytes of a digest block
     * @param blocks blocks that are not zero
     * @param digestFileSha256 what stands for the digests, hexadecimal: the root of a digest tree, or SHA-256 of a digest file as points
     *     of an earlier version have it
     */
    public record ManifestDisk(
            int number,
            String key,
            long sizeBytes,
            int blockSize,
            long usedBytes,
            long changedBytes,
            long sentBytes,
            long blocks,
            String digestFileSha256) {}
}
