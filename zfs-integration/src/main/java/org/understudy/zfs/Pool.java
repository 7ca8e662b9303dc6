package org.understudy.zfs;

import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.PoolName;

/**
 * A pool in short.
 *
 * @param sizeBytes raw size, of which redundancy takes its part
 * @param fragmentedPercent how scattered the free space is
 * @param health {@code ONLINE}, {@code DEGRADED}, {@code FAULTED}, ...
 */
public record Pool(
        PoolName name,
        Guid guid,
        long sizeBytes,
        long allocatedBytes,
        long freeBytes,
        int fragmentedPercent,
        String health) {}
