package org.understudy.server.storage;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.understudy.core.extent.ExtentSet;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;

/**
 * Keeps, for every host, a writable <em>head</em> (one volume per disk and a {@code meta} directory), read-only
 * <em>snapshots</em> of the whole head, and writable <em>clones</em> of snapshots. The pool is the truth for recovery points.
 *
 * <p>Every operation is idempotent: repeating one that succeeded changes nothing and succeeds. Failures are
 * {@code ProblemException}s: {@code POOL_UNAVAILABLE}, {@code POOL_FULL}, {@code VOLUME_NOT_FOUND}, {@code POINT_NOT_FOUND},
 * {@code POINT_HELD}, {@code CAPABILITY_MISSING}, {@code COMMAND_*}. Thread-safe; operations on one host are serialised by
 * the adapter. Every adapter and the fake pass {@code VolumeStoreContract}.
 */
public interface VolumeStore {

    /** What this adapter can do beyond the rest of this contract. */
    enum Capability {
        /** {@link #changedExtents}. */
        CHANGED_EXTENTS,
        /** The pool detects silent corruption by itself. */
        SELF_CHECKING
    }

    Set<Capability> capabilities();

    PoolUsage usage();

    /** Hosts that have anything in the pool. */
    List<HostId> hosts();

    /**
     * Makes the head volume of a disk, all zeros, or grows it to {@code size} if it exists and is smaller. Never shrinks: a
     * smaller size is {@code CONFLICT}.
     */
    void createVolume(DiskId disk, ByteSize size);

    /** The head volumes of a host in order of disk number. */
    List<Volume> volumes(HostId host);

    /** The raw file or block device of a head volume, to be opened by an exporter. */
    Path headDevice(DiskId disk);

    /** The head's {@code meta} directory: small files written by the caller that become part of the next snapshot. */
    Path headMeta(HostId host);

    /**
     * Snapshots all volumes of the host and {@code meta} in one atomic step. Everything written and flushed before is in it.
     *
     * @param properties short facts that can be read without opening the snapshot; see {@link #setProperty}
     */
    VolumeSnapshot snapshot(HostId host, PointId point, Map<String, String> properties);

    /** Snapshots of the host, oldest first (in the order in which they were made). */
    List<VolumeSnapshot> snapshots(HostId host);

    Optional<VolumeSnapshot> snapshot(HostId host, PointId point);

    /** The read-only raw file or block device of a disk in a snapshot. */
    Path snapshotDevice(DiskId disk, PointId point);

    /** The {@code meta} directory of a snapshot, read-only. */
    Path snapshotMeta(HostId host, PointId point);

    /**
     * Sets a property of a snapshot, durably. Keys match {@code [a-z][a-z0-9.-]{0,63}}, values are at most 1024 characters
     * without control characters.
     */
    void setProperty(HostId host, PointId point, String key, String value);

    void removeProperty(HostId host, PointId point, String key);

    /**
     * Makes the head equal to a snapshot again, or to all-zero volumes if {@code point} is empty. Whatever was written to the
     * head since is gone. No export of the head may be open.
     */
    void rollback(HostId host, Optional<PointId> point);

    /** Forbids {@link #destroySnapshot} until the same tag is released. */
    void hold(HostId host, PointId point, String tag);

    void release(HostId host, PointId point, String tag);

    /** @throws org.understudy.core.problem.ProblemException {@code POINT_HELD} while a hold or a clone exists */
    void destroySnapshot(HostId host, PointId point);

    /** Makes a writable copy of a snapshot in constant time. */
    VolumeClone cloneSnapshot(HostId host, PointId point, CloneId clone);

    List<VolumeClone> clones();

    /** The writable raw file or block device of a disk in a clone. */
    Path cloneDevice(CloneId clone, DiskId disk);

    void destroyClone(CloneId clone);

    /** Byte ranges that may differ between two snapshots of a disk; never misses a difference. */
    ExtentSet changedExtents(DiskId disk, PointId from, PointId to);

    /** Removes everything of a host; refuses with {@code POINT_HELD} as {@link #destroySnapshot} does. */
    void destroyHost(HostId host);
}
