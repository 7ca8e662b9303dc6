package org.understudy.privileges.storage;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.VolumeSpec;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/** Datasets in memory, with the refusals of ZFS. Notes what changes, and can die before any change. Thread-safe. */
public final class InMemoryPool implements PoolDatasets {

    /** Thrown in place of a change, as if the daemon was killed there. */
    public static final class DiedException extends RuntimeException {}

    private record Snap(Snapshot snapshot, Map<String, String> properties, Set<String> holds) {}

    private final Map<String, Dataset> datasets = new TreeMap<>();
    private final Map<String, Snap> snaps = new HashMap<>();
    private final Map<String, Map<String, String>> properties = new HashMap<>();
    private final List<String> changes = new ArrayList<>();
    private long numbers = 1000;
    private int changesLeft = Integer.MAX_VALUE;

    public InMemoryPool(DatasetName... present) {
        for (DatasetName name : present) {
            add(name, Optional.empty(), Optional.empty());
        }
    }

    /** Dies in place of the change after the next {@code changes}. */
    public synchronized void dieAfter(int changes) {
        changesLeft = changes;
    }

    public synchronized void liveOn() {
        changesLeft = Integer.MAX_VALUE;
    }

    /** What changed, in order. */
    public synchronized List<String> changes() {
        return List.copyOf(changes);
    }

    /** All datasets and snapshots. */
    public synchronized Set<String> names() {
        Set<String> all = new TreeSet<>(datasets.keySet());
        all.addAll(snaps.keySet());
        return all;
    }

    private void change(String what) {
        if (changesLeft-- <= 0) {
            throw new DiedException();
        }
        changes.add(what);
    }

    private void add(DatasetName name, Optional<Long> bytes, Optional<SnapshotName> origin) {
        datasets.put(name.value(), new Dataset(name, new Guid(++numbers), bytes, origin, Instant.EPOCH));
    }

    private static ZfsException failed(ZfsError error) {
        return new ZfsException(error, "in memory");
    }

    private Dataset require(DatasetName name) {
        return find(name).orElseThrow(() -> failed(new ZfsError.Missing(name.value())));
    }

    private Snap require(SnapshotName name) {
        Snap snap = snaps.get(name.toString());
        if (snap == null) {
            throw failed(new ZfsError.Missing(name.toString()));
        }
        return snap;
    }

    private void requireNew(DatasetName name) {
        if (datasets.containsKey(name.value())) {
            throw failed(new ZfsError.AlreadyExists(name.value()));
        }
        if (name.parent().map(parent -> !datasets.containsKey(parent.value())).orElse(true)) {
            throw failed(new ZfsError.ParentMissing(name.value()));
        }
    }

    @Override
    public synchronized List<Dataset> list(DatasetName root) {
        require(root);
        return datasets.values().stream()
                .filter(dataset -> dataset.name().isWithin(root))
                .toList();
    }

    @Override
    public synchronized Optional<Dataset> find(DatasetName name) {
        return Optional.ofNullable(datasets.get(name.value()));
    }

    @Override
    public synchronized List<Snapshot> snapshots(DatasetName dataset) {
        require(dataset);
        return snaps.values().stream()
                .map(InMemoryPool::seen)
                .filter(snapshot -> snapshot.name().dataset().equals(dataset))
                .sorted(java.util.Comparator.comparingLong(Snapshot::transaction))
                .toList();
    }

    private static Snapshot seen(Snap snap) {
        Snapshot s = snap.snapshot();
        return new Snapshot(
                s.name(),
                s.guid(),
                s.transaction(),
                s.created(),
                0,
                snap.holds().size());
    }

    @Override
    public synchronized Optional<Snapshot> find(SnapshotName name) {
        return Optional.ofNullable(snaps.get(name.toString())).map(InMemoryPool::seen);
    }

    @Override
    public synchronized void createFileSystem(DatasetName name) {
        requireNew(name);
        change("create " + name);
        add(name, Optional.empty(), Optional.empty());
    }

    @Override
    public synchronized void createVolume(DatasetName name, VolumeSpec spec) {
        requireNew(name);
        change("create " + name);
        add(name, Optional.of(spec.bytes()), Optional.empty());
    }

    @Override
    public synchronized void grow(DatasetName volume, long bytes) {
        Dataset old = require(volume);
        change("grow " + volume);
        datasets.put(volume.value(), new Dataset(volume, old.guid(), Optional.of(bytes), old.origin(), old.created()));
    }

    @Override
    public synchronized void snapshotRecursively(SnapshotName root, Map<PropertyName, String> wanted) {
        List<Dataset> all = list(root.dataset());
        for (Dataset dataset : all) {
            if (snaps.containsKey(dataset.name().snapshot(root.name()).toString())) {
                throw failed(new ZfsError.AlreadyExists(root.toString()));
            }
        }
        Map<String, String> values = new HashMap<>();
        wanted.forEach((name, value) -> {
            name.assignment(value);
            values.put(name.value(), value);
        });
        change("snapshot " + root);
        long transaction = ++numbers;
        for (Dataset dataset : all) {
            SnapshotName name = dataset.name().snapshot(root.name());
            snaps.put(
                    name.toString(),
                    new Snap(
                            new Snapshot(name, new Guid(++numbers), transaction, Instant.EPOCH, 0, 0),
                            new HashMap<>(values),
                            new TreeSet<>()));
        }
    }

    @Override
    public synchronized void cloneSnapshot(SnapshotName origin, DatasetName clone) {
        require(origin);
        requireNew(clone);
        change("clone " + origin + " " + clone);
        add(clone, require(origin.dataset()).volumeBytes(), Optional.of(origin));
    }

    @Override
    public synchronized void hold(SnapshotName snapshot, HoldTag tag) {
        Set<String> holds = require(snapshot).holds();
        change("hold " + tag + " " + snapshot);
        holds.add(tag.value());
    }

    @Override
    public synchronized void release(SnapshotName snapshot, HoldTag tag) {
        Set<String> holds = require(snapshot).holds();
        change("release " + tag + " " + snapshot);
        holds.remove(tag.value());
    }

    @Override
    public synchronized Set<String> holds(SnapshotName snapshot) {
        return Set.copyOf(require(snapshot).holds());
    }

    @Override
    public synchronized void destroy(SnapshotName snapshot, Guid identity) {
        Snap snap = snaps.get(snapshot.toString());
        if (snap == null) {
            return;
        }
        if (!snap.snapshot().guid().equals(identity)) {
            throw failed(new ZfsError.NotOurs(
                    snapshot.toString(), identity, snap.snapshot().guid()));
        }
        if (!snap.holds().isEmpty()) {
            throw failed(new ZfsError.Held(snapshot.toString()));
        }
        if (datasets.values().stream().anyMatch(each -> each.origin().equals(Optional.of(snapshot)))) {
            throw failed(new ZfsError.HasClones(snapshot.toString(), List.of()));
        }
        change("destroy " + snapshot);
        snaps.remove(snapshot.toString());
    }

    @Override
    public synchronized void destroy(DatasetName dataset, Guid identity) {
        Dataset found = datasets.get(dataset.value());
        if (found == null) {
            return;
        }
        if (!found.guid().equals(identity)) {
            throw failed(new ZfsError.NotOurs(dataset.value(), identity, found.guid()));
        }
        if (list(dataset).size() > 1 || !snapshots(dataset).isEmpty()) {
            throw failed(new ZfsError.HasChildren(dataset.value()));
        }
        change("destroy " + dataset);
        datasets.remove(dataset.value());
        properties.remove(dataset.value());
    }

    @Override
    public synchronized void setProperty(DatasetName name, PropertyName property, String value) {
        require(name);
        property.assignment(value);
        change("set " + property + " " + name);
        properties.computeIfAbsent(name.value(), key -> new HashMap<>()).put(property.value(), value);
    }

    @Override
    public synchronized void setProperty(SnapshotName name, PropertyName property, String value) {
        Map<String, String> all = require(name).properties();
        property.assignment(value);
        change("set " + property + " " + name);
        all.put(property.value(), value);
    }

    @Override
    public synchronized void removeProperty(SnapshotName name, PropertyName property) {
        Map<String, String> all = require(name).properties();
        change("unset " + property + " " + name);
        all.remove(property.value());
    }

    @Override
    public synchronized Map<String, String> properties(SnapshotName name, Collection<PropertyName> wanted) {
        return those(require(name).properties(), wanted);
    }

    @Override
    public synchronized Map<String, String> properties(DatasetName name, Collection<PropertyName> wanted) {
        require(name);
        return those(properties.getOrDefault(name.value(), Map.of()), wanted);
    }

    private static Map<String, String> those(Map<String, String> all, Collection<PropertyName> wanted) {
        Map<String, String> found = new TreeMap<>(all);
        found.keySet().retainAll(wanted.stream().map(PropertyName::value).toList());
        return found;
    }
}
