package org.understudy.server.storage.zfs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.InteractiveRunner;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.CloneId;
import org.understudy.server.storage.PoolUsage;
import org.understudy.server.storage.StorageSettings;
import org.understudy.server.storage.Volume;
import org.understudy.server.storage.VolumeClone;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.server.storage.VolumeStore;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.Streams;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.SnapshotName;

/**
 * {@link VolumeStore} on ZFS. A point counts from the transaction that made its snapshots until the one that marks it as gone.
 * Nothing is remembered between calls: each asks ZFS what is there. Locks are taken in the order host, clones, reserve.
 */
final class ZfsVolumeStore implements VolumeStore, AutoCloseable {

    private final ZfsRoot root;
    private final Datasets zfs;
    private final Streams streams;
    private final ZfsLayout layout;
    private final Heads heads;
    private final Remover remover;
    private final Reserve reserve;
    private final Clones clones;
    private final Map<HostId, ReentrantLock> locks = new ConcurrentHashMap<>();

    private ZfsVolumeStore(ZfsRoot root, Datasets zfs, Streams streams, Reserve reserve) {
        this.root = root;
        this.zfs = zfs;
        this.streams = streams;
        this.reserve = reserve;
        layout = root.layout();
        heads = new Heads(zfs, layout, root.mount());
        remover = new Remover(zfs, layout);
        clones = new Clones(zfs, layout, remover, reserve);
    }

    /**
     * Finds or makes the root and cleans what a crash left.
     *
     * @param data the server's data directory, for defaults
     */
    static ZfsVolumeStore open(
            CommandRunner runner, InteractiveRunner interactive, StorageSettings settings, Path data) {
        Datasets zfs = new Datasets(runner);
        Path scratch = Path.of(System.getProperty("java.io.tmpdir"));
        Path mount = Optional.ofNullable(settings.mount()).orElseGet(() -> data.resolve("pool"));
        try {
            ZfsRoot root = ZfsRoot.open(zfs, rootName(settings), mount);
            try {
                long reserved =
                        settings.reserve() == null ? -1 : settings.reserve().toBytes();
                Reserve reserve = Reserve.open(zfs, root.layout(), reserved);
                ZfsVolumeStore store =
                        new ZfsVolumeStore(root, zfs, new Streams(runner, interactive, scratch), reserve);
                store.recover();
                return store;
            } catch (RuntimeException e) {
                root.close();
                throw e;
            }
        } catch (ZfsException e) {
            throw ZfsProblems.translate(e);
        } catch (IOException e) {
            throw ZfsProblems.translate(e);
        }
    }

    private static DatasetName rootName(StorageSettings settings) {
        if (settings.dataset() == null) {
            throw new IllegalArgumentException("settings for another adapter");
        }
        return new DatasetName(settings.dataset());
    }

    private void recover() {
        clones.removeLeftovers();
        for (HostId host : hostsWithAnything()) {
            remover.sweep(layout.host(host), heads.tree(host));
        }
        reserve.restore();
    }

    @Override
    public void close() {
        root.close();
    }

    /** Work on the pool. */
    private interface Work<T> {
        T run() throws IOException;
    }

    private <T> T locked(HostId host, Work<T> work) {
        ReentrantLock lock = locks.computeIfAbsent(host, h -> new ReentrantLock());
        lock.lock();
        try {
            return available(work);
        } finally {
            lock.unlock();
        }
    }

    private <T> T available(Work<T> work) {
        try {
            return work.run();
        } catch (ZfsException e) {
            throw ZfsProblems.translate(e);
        } catch (IOException e) {
            throw ZfsProblems.translate(e);
        }
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.CHANGED_EXTENTS, Capability.SELF_CHECKING);
    }

    @Override
    public PoolUsage usage() {
        return available(reserve::usage);
    }

    private void refuseIfFull() {
        if (reserve.usage().free().bytes() == 0) {
            throw ZfsProblems.full(layout.root().value()).asException();
        }
    }

    @Override
    public List<HostId> hosts() {
        return available(() -> {
            Set<HostId> hosts = new TreeSet<>();
            zfs.list(layout.hosts()).stream()
                    .filter(dataset ->
                            ZfsLayout.generationNumber(dataset.name()).isPresent())
                    .forEach(dataset -> layout.hostOf(dataset.name()).ifPresent(hosts::add));
            return List.copyOf(hosts);
        });
    }

    /** Hosts, and what a crash left of one. */
    private Set<HostId> hostsWithAnything() {
        Set<HostId> hosts = new TreeSet<>();
        zfs.list(layout.hosts())
                .forEach(dataset -> layout.hostOf(dataset.name()).ifPresent(hosts::add));
        return hosts;
    }

    @Override
    public void createVolume(DiskId disk, ByteSize size) {
        locked(disk.host(), () -> {
            Optional<ByteSize> present = headVolumes(disk.host()).stream()
                    .filter(volume -> volume.disk().equals(disk))
                    .map(Volume::size)
                    .findAny();
            if (present.isPresent() && present.get().compareTo(size) > 0) {
                throw Problem.of(
                                ProblemCode.CONFLICT,
                                "reason",
                                disk.name() + " has " + present.get() + " and a volume never shrinks to " + size)
                        .asException();
            }
            if (present.isEmpty() || !present.get().equals(size)) {
                refuseIfFull();
                heads.resize(disk, size.bytes());
            }
            return present;
        });
    }

    private List<Volume> headVolumes(HostId host) {
        HostTree tree = heads.tree(host);
        return tree.presentHead()
                .map(head -> HostTree.volumes(host, head, tree.datasets()))
                .orElse(List.of());
    }

    @Override
    public List<Volume> volumes(HostId host) {
        return locked(host, () -> headVolumes(host));
    }

    @Override
    public Path headDevice(DiskId disk) {
        return locked(disk.host(), () -> {
            HostTree tree = heads.tree(disk.host());
            DatasetName volume = tree.presentHead()
                    .map(head -> ZfsLayout.volume(head, disk))
                    .filter(name -> tree.find(name).isPresent())
                    .orElseThrow(() -> noVolume(disk.host() + "/" + disk.name()));
            return Waiting.forNode(() -> zfs.device(volume));
        });
    }

    @Override
    public Path headMeta(HostId host) {
        return locked(host, () -> heads.meta(requireHead(host)));
    }

    @Override
    public VolumeSnapshot snapshot(HostId host, PointId point, Map<String, String> properties) {
        VolumeSnapshot made = new VolumeSnapshot(host, point, properties, Set.of());
        return locked(host, () -> {
            DatasetName head = requireHead(host);
            Optional<HostPoints.Point> present = points(host).find(point);
            if (present.isPresent()) {
                return HostPoints.describe(zfs, host, present.get());
            }
            heads.meta(head);
            reserve.orSpend(
                    () -> zfs.snapshotRecursively(ZfsLayout.point(head, point), HostPoints.encoded(made.properties())));
            return made;
        });
    }

    @Override
    public List<VolumeSnapshot> snapshots(HostId host) {
        return locked(
                host,
                () -> points(host).live().stream()
                        .map(point -> HostPoints.describe(zfs, host, point))
                        .toList());
    }

    @Override
    public Optional<VolumeSnapshot> snapshot(HostId host, PointId point) {
        return locked(host, () -> points(host).find(point).map(found -> HostPoints.describe(zfs, host, found)));
    }

    @Override
    public Path snapshotDevice(DiskId disk, PointId point) {
        return locked(disk.host(), () -> {
            HostPoints points = points(disk.host());
            SnapshotName part = part(points, require(points, point), disk).name();
            return Waiting.forNode(() -> zfs.device(part));
        });
    }

    @Override
    public Path snapshotMeta(HostId host, PointId point) {
        return locked(host, () -> heads.meta(require(points(host), point)));
    }

    @Override
    public void setProperty(HostId host, PointId point, String key, String value) {
        VolumeSnapshot valid = new VolumeSnapshot(host, point, Map.of(key, value), Set.of());
        locked(host, () -> {
            SnapshotName name = require(points(host), point).snapshot().name();
            reserve.orSpend(() -> zfs.setProperty(name, HostPoints.property(key), Escaped.VALUE.encode(value)));
            return valid;
        });
    }

    @Override
    public void removeProperty(HostId host, PointId point, String key) {
        VolumeSnapshot valid = new VolumeSnapshot(host, point, Map.of(key, ""), Set.of());
        locked(host, () -> {
            HostPoints.Point found = require(points(host), point);
            if (found.properties().containsKey(HostPoints.property(key).value())) {
                reserve.orSpend(() -> zfs.removeProperty(found.snapshot().name(), HostPoints.property(key)));
            }
            return valid;
        });
    }

    /** The hold of the generation's snapshot is the one that counts; those of the volumes guard them from other hands. */
    @Override
    public void hold(HostId host, PointId point, String tag) {
        VolumeSnapshot valid = new VolumeSnapshot(host, point, Map.of(), Set.of(tag));
        locked(host, () -> {
            HostPoints points = points(host);
            HostPoints.Point found = require(points, point);
            HoldTag held = HoldTags.of(tag);
            reserve.orSpend(() -> {
                if (!HoldTags.fits(tag)) {
                    zfs.setProperty(found.snapshot().name(), HoldTags.property(tag), Escaped.VALUE.encode(tag));
                }
                for (Snapshot part : points.parts(found)) {
                    zfs.hold(part.name(), held);
                }
                zfs.hold(found.snapshot().name(), held);
            });
            return valid;
        });
    }

    @Override
    public void release(HostId host, PointId point, String tag) {
        VolumeSnapshot valid = new VolumeSnapshot(host, point, Map.of(), Set.of(tag));
        locked(host, () -> {
            HostPoints points = points(host);
            Optional<HostPoints.Point> found = points.find(point);
            if (found.isPresent()) {
                HoldTag held = HoldTags.of(tag);
                zfs.release(found.get().snapshot().name(), held);
                for (Snapshot part : points.parts(found.get())) {
                    zfs.release(part.name(), held);
                }
                if (!HoldTags.fits(tag)) {
                    zfs.removeProperty(found.get().snapshot().name(), HoldTags.property(tag));
                }
            }
            return valid;
        });
    }

    @Override
    public void rollback(HostId host, Optional<PointId> point) {
        locked(host, () -> {
            if (point.isPresent()) {
                HostPoints points = points(host);
                HostPoints.Point found = require(points, point.get());
                reserve.orSpend(() -> heads.restore(host, heads.tree(host), points, found));
            } else {
                reserve.orSpend(() -> heads.zero(host, heads.tree(host)));
            }
            remover.sweep(layout.host(host), heads.tree(host));
            reserve.restore();
            return host;
        });
    }

    @Override
    public void destroySnapshot(HostId host, PointId point) {
        locked(host, () -> {
            Optional<HostPoints.Point> found = points(host).find(point);
            if (found.isPresent()) {
                refuseIfHeld(HostPoints.describe(zfs, host, found.get()));
                markGone(found.get());
            }
            remover.sweep(layout.host(host), heads.tree(host));
            reserve.restore();
            return point;
        });
    }

    private void markGone(HostPoints.Point point) throws IOException {
        reserve.orSpend(() -> zfs.setProperty(point.snapshot().name(), ZfsLayout.GONE, "yes"));
    }

    private void refuseIfHeld(VolumeSnapshot snapshot) {
        Set<String> users = new TreeSet<>(snapshot.holds());
        users.addAll(clones.of(snapshot.host(), snapshot.point()));
        if (!users.isEmpty()) {
            throw Problem.of(
                            ProblemCode.POINT_HELD,
                            "point",
                            snapshot.point().toString(),
                            "holds",
                            String.join(", ", users))
                    .asException();
        }
    }

    @Override
    public VolumeClone cloneSnapshot(HostId host, PointId point, CloneId clone) {
        return locked(host, () -> {
            HostPoints points = points(host);
            HostPoints.Point origin = require(points, point);
            return clones.make(new VolumeClone(clone, host, point), points, origin, this::refuseIfFull);
        });
    }

    @Override
    public List<VolumeClone> clones() {
        return available(clones::list);
    }

    @Override
    public Path cloneDevice(CloneId clone, DiskId disk) {
        return available(() -> {
            DatasetName volume =
                    clones.volume(clone, disk).orElseThrow(() -> noVolume("clone " + clone + ", " + disk.name()));
            return Waiting.forNode(() -> zfs.device(volume));
        });
    }

    @Override
    public void destroyClone(CloneId clone) {
        available(() -> {
            clones.destroy(clone);
            reserve.restore();
            return clone;
        });
    }

    @Override
    public ExtentSet changedExtents(DiskId disk, PointId from, PointId to) {
        return locked(disk.host(), () -> {
            HostTree tree = heads.tree(disk.host());
            HostPoints points = points(disk.host());
            SnapshotName before = part(points, require(points, from), disk).name();
            SnapshotName after = part(points, require(points, to), disk).name();
            Optional<List<Lineage.Stretch>> way = Lineage.between(
                    before,
                    after,
                    tree::origin,
                    name -> points.find(name).orElseThrow().transaction());
            if (way.isEmpty()) {
                return streams.allOf(before, after);
            }
            ExtentSet changes = ExtentSet.empty();
            for (Lineage.Stretch stretch : way.get()) {
                changes = changes.union(streams.changedExtents(stretch.earlier(), stretch.later()));
            }
            return changes;
        });
    }

    @Override
    public void destroyHost(HostId host) {
        locked(host, () -> {
            List<HostPoints.Point> live = points(host).live();
            List<VolumeSnapshot> described = new ArrayList<>();
            live.forEach(point -> described.add(HostPoints.describe(zfs, host, point)));
            described.forEach(this::refuseIfHeld);
            for (HostPoints.Point point : live) {
                markGone(point);
            }
            if (heads.tree(host).exists()) {
                reserve.orSpend(() -> heads.drop(host));
                remover.sweep(layout.host(host), heads.tree(host));
            }
            reserve.restore();
            return host;
        });
    }

    private HostPoints points(HostId host) {
        return HostPoints.read(zfs, layout.host(host));
    }

    private DatasetName requireHead(HostId host) {
        return heads.tree(host).presentHead().orElseThrow(() -> noVolume("host " + host));
    }

    private static HostPoints.Point require(HostPoints points, PointId point) {
        return points.find(point)
                .orElseThrow(() -> Problem.of(ProblemCode.POINT_NOT_FOUND, "point", point.toString())
                        .asException());
    }

    private static Snapshot part(HostPoints points, HostPoints.Point point, DiskId disk) {
        return points.parts(point).stream()
                .filter(part -> part.name().dataset().leaf().equals(disk.name()))
                .findAny()
                .orElseThrow(() -> noVolume(disk.host() + "/" + disk.name()));
    }

    private static ProblemException noVolume(String volume) {
        return Problem.of(ProblemCode.VOLUME_NOT_FOUND, "volume", volume).asException();
    }
}
