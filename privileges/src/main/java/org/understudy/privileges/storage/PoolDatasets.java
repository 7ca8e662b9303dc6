package org.understudy.privileges.storage;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.VolumeSpec;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/**
 * What the verbs need of ZFS, and nothing more: no rename, promote, receive or rollback can be reached from a socket. Failures are
 * {@code ZfsException}s. Nothing is destroyed but by its identity, and never with what lies below or depends on it. Thread-safe.
 */
public interface PoolDatasets {

    /** {@code root} and everything below it; fails if it is missing. */
    List<Dataset> list(DatasetName root);

    Optional<Dataset> find(DatasetName name);

    /** Snapshots of this dataset alone, in the order in which they were made. */
    List<Snapshot> snapshots(DatasetName dataset);

    Optional<Snapshot> find(SnapshotName name);

    void createFileSystem(DatasetName name);

    void createVolume(DatasetName name, VolumeSpec spec);

    void grow(DatasetName volume, long bytes);

    /** Snapshots {@code root} and all below it in one transaction, each with these properties. */
    void snapshotRecursively(SnapshotName root, Map<PropertyName, String> properties);

    void cloneSnapshot(SnapshotName origin, DatasetName clone);

    /** Held by this tag already is success. */
    void hold(SnapshotName snapshot, HoldTag tag);

    /** Not held by this tag is success. */
    void release(SnapshotName snapshot, HoldTag tag);

    Set<String> holds(SnapshotName snapshot);

    /** Already gone is success; refuses what is held, is the origin of a clone, or is something else under the same name. */
    void destroy(SnapshotName snapshot, Guid identity);

    /** Already gone is success; refuses what has anything below it, or is something else under the same name. */
    void destroy(DatasetName dataset, Guid identity);

    void setProperty(DatasetName name, PropertyName property, String value);

    void setProperty(SnapshotName name, PropertyName property, String value);

    void removeProperty(SnapshotName name, PropertyName property);

    /** Those of {@code wanted} that were set on this snapshot itself. */
    Map<String, String> properties(SnapshotName name, Collection<PropertyName> wanted);

    /** Those of {@code wanted} that were set on this dataset itself. */
    Map<String, String> properties(DatasetName name, Collection<PropertyName> wanted);
}
