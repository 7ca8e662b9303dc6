package org.understudy.privileges.storage;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.VolumeSpec;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/** The tools of OpenZFS. */
public record OpenZfs(Datasets datasets) implements PoolDatasets {

    @Override
    public List<Dataset> list(DatasetName root) {
        return datasets.list(root);
    }

    @Override
    public Optional<Dataset> find(DatasetName name) {
        return datasets.find(name);
    }

    @Override
    public List<Snapshot> snapshots(DatasetName dataset) {
        return datasets.snapshots(dataset);
    }

    @Override
    public Optional<Snapshot> find(SnapshotName name) {
        return datasets.find(name);
    }

    @Override
    public void createFileSystem(DatasetName name) {
        datasets.createFileSystem(name, Map.of());
    }

    @Override
    public void createVolume(DatasetName name, VolumeSpec spec) {
        datasets.createVolume(name, spec);
    }

    @Override
    public void grow(DatasetName volume, long bytes) {
        datasets.grow(volume, bytes);
    }

    @Override
    public void snapshotRecursively(SnapshotName root, Map<PropertyName, String> properties) {
        datasets.snapshotRecursively(root, properties);
    }

    @Override
    public void cloneSnapshot(SnapshotName origin, DatasetName clone) {
        datasets.cloneSnapshot(origin, clone, Map.of());
    }

    @Override
    public void hold(SnapshotName snapshot, HoldTag tag) {
        datasets.hold(snapshot, tag);
    }

    @Override
    public void release(SnapshotName snapshot, HoldTag tag) {
        datasets.release(snapshot, tag);
    }

    @Override
    public Set<String> holds(SnapshotName snapshot) {
        return datasets.holds(snapshot);
    }

    @Override
    public void destroy(SnapshotName snapshot, Guid identity) {
        datasets.destroy(snapshot, identity);
    }

    @Override
    public void destroy(DatasetName dataset, Guid identity) {
        datasets.destroy(dataset, identity);
    }

    @Override
    public void setProperty(DatasetName name, PropertyName property, String value) {
        datasets.setProperty(name, property, value);
    }

    @Override
    public void setProperty(SnapshotName name, PropertyName property, String value) {
        datasets.setProperty(name, property, value);
    }

    @Override
    public void removeProperty(SnapshotName name, PropertyName property) {
        datasets.removeProperty(name, property);
    }

    @Override
    public Map<String, String> properties(SnapshotName name, Collection<PropertyName> wanted) {
        return datasets.properties(name, wanted);
    }

    @Override
    public Map<String, String> properties(DatasetName name, Collection<PropertyName> wanted) {
        return datasets.properties(name, wanted);
    }
}
