package org.understudy.server.storage.btrfs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.extent.Extent;
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
import org.understudy.server.storage.btrfs.KnownPoints.Entry;

/**
 * {@link VolumeStore} on a btrfs pool. A point counts from the moment in which its record is on disk, which is after its
 * snapshot is, until the moment in which the record is gone, which is before the snapshot is. Locks are taken in the order
 * host, clones.
 */
final class BtrfsVolumeStore implements VolumeStore, AutoCloseable {

    private static final long LARGEST_DEFAULT_RESERVE = 1L << 30;

    /** btrfs cannot promise its last blocks: with less than this it is full. */
    private static final long FULL_BELOW = 1 << 20;

    private final BtrfsPool pool;
    private final PoolLayout layout;
    private final Subvolumes subvolumes;
    private final Heads heads;
    private final Clones clones;
    private final Reserve reserve;
    private final KnownPoints known;
    private final Map<HostId, ReentrantLock> locks = new ConcurrentHashMap<>();

    private BtrfsVolumeStore(BtrfsPool pool, Subvolumes subvolumes, Reserve reserve) {
        this.pool = pool;
        this.layout = pool.layout();
        this.subvolumes = subvolumes;
        this.reserve = reserve;
        heads = new Heads(layout, subvolumes);
        clones = new Clones(layout, subvolumes, reserve);
        known = new KnownPoints(layout);
    }

    /** Brings the pool up and cleans what a crash left. */
    static BtrfsVolumeStore open(CommandRunner runner, StorageSettings settings, Path data) {
        BtrfsPool pool = BtrfsPool.open(runner, settings, data);
        try {
            Subvolumes subvolumes = new Subvolumes(runner, pool.layout().mount());
            long reserved = settings.reserve() != null
                    ? settings.reserve().toBytes()
                    : Math.min(LARGEST_DEFAULT_RESERVE, subvolumes.usage().size() / 50);
            Reserve reserve = new Reserve(pool.layout().reserve(), reserved, subvolumes);
            BtrfsVolumeStore store = new BtrfsVolumeStore(pool, subvolumes, reserve);
            new Recovery(store.layout, subvolumes, store.heads).run();
            reserve.restore();
            return store;
        } catch (IOException e) {
            pool.close();
            throw BtrfsPool.unavailable("its contents could not be read").asException(e);
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    @Override
    public void close() {
        pool.close();
    }

    /** Work on files of the pool. */
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
        if (!Files.isDirectory(layout.root())) {
            throw BtrfsPool.unavailable("nothing is mounted on " + layout.mount() + " any more")
                    .asException();
        }
        try {
            return work.run();
        } catch (IOException e) {
            throw subvolumes.problem(e);
        }
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.CHANGED_EXTENTS, Capability.SELF_CHECKING);
    }

    @Override
    public PoolUsage usage() {
        return available(() -> {
            BtrfsParser.Usage usage = subvolumes.usage();
            long free = Math.min(usage.free() - reserve.missing(), pool.backingFree(usage.used()));
            return new PoolUsage(
                    "btrfs on " + pool.place(),
                    new ByteSize(usage.size()),
                    new ByteSize(usage.used()),
                    new ByteSize(free < FULL_BELOW ? 0 : free));
        });
    }

    private void refuseIfFull() {
        if (usage().free().bytes() == 0) {
            throw Subvolumes.full().asException();
        }
    }

    @Override
    public List<HostId> hosts() {
        return available(() -> {
            List<HostId> hosts = new ArrayList<>();
            for (HostId host : Recovery.hosts(layout)) {
                if (heads.exists(host) || !points(host).isEmpty()) {
                    hosts.add(host);
                }
            }
            return hosts;
        });
    }

    @Override
    public void createVolume(DiskId disk, ByteSize size) {
        locked(disk.host(), () -> {
            Optional<ByteSize> present = heads.size(disk);
            if (present.isPresent() && present.get().compareTo(size) > 0) {
                throw Problem.of(
                                ProblemCode.CONFLICT,
                                "reason",
                                disk.name() + " has " + present.get() + " and a volume never shrinks to " + size)
                        .asException();
            }
            if (present.isEmpty() || !present.get().equals(size)) {
                refuseIfFull();
                heads.resize(disk, size);
            }
            return present;
        });
    }

    @Override
    public List<Volume> volumes(HostId host) {
        return locked(host, () -> Heads.volumes(host, layout.head(host)));
    }

    @Override
    public Path headDevice(DiskId disk) {
        return locked(disk.host(), () -> image(layout.head(disk.host()), disk));
    }

    @Override
    public Path headMeta(HostId host) {
        return locked(host, () -> PoolLayout.meta(requireHead(host)));
    }

    @Override
    public VolumeSnapshot snapshot(HostId host, PointId point, Map<String, String> properties) {
        VolumeSnapshot made = new VolumeSnapshot(host, point, properties, Set.of());
        return locked(host, () -> {
            Path head = requireHead(host);
            Optional<Records.Point> present = Records.readPoint(layout.pointRecord(host, point));
            if (present.isPresent()) {
                return describe(host, point, present.get());
            }
            long sequence =
                    points(host).stream().mapToLong(Entry::sequence).max().orElse(0) + 1;
            known.change(
                    host,
                    () -> reserve.orSpend(() -> {
                        subvolumes.deleteIfPresent(layout.point(host, point));
                        subvolumes.readOnlySnapshot(head, layout.point(host, point));
                        // The record must not reach the disk before the snapshot does.
                        subvolumes.sync();
                        Records.write(
                                layout.pointRecord(host, point), new Records.Point(sequence, properties, Set.of()));
                    }),
                    before -> {
                        List<Entry> after = new ArrayList<>(before);
                        after.add(new Entry(sequence, made));
                        return after;
                    });
            return made;
        });
    }

    @Override
    public List<VolumeSnapshot> snapshots(HostId host) {
        return locked(host, () -> points(host).stream().map(Entry::snapshot).toList());
    }

    @Override
    public Optional<VolumeSnapshot> snapshot(HostId host, PointId point) {
        return locked(host, () -> {
            Optional<Records.Point> record = Records.readPoint(layout.pointRecord(host, point));
            return record.map(found -> describe(host, point, found));
        });
    }

    @Override
    public Path snapshotDevice(DiskId disk, PointId point) {
        return locked(disk.host(), () -> {
            requirePoint(disk.host(), point);
            return image(layout.point(disk.host(), point), disk);
        });
    }

    @Override
    public Path snapshotMeta(HostId host, PointId point) {
        return locked(host, () -> {
            requirePoint(host, point);
            return PoolLayout.meta(layout.point(host, point));
        });
    }

    @Override
    public void setProperty(HostId host, PointId point, String key, String value) {
        update(host, point, snapshot -> {
            Map<String, String> properties = new HashMap<>(snapshot.properties());
            properties.put(key, value);
            return new VolumeSnapshot(host, point, properties, snapshot.holds());
        });
    }

    @Override
    public void removeProperty(HostId host, PointId point, String key) {
        update(host, point, snapshot -> {
            Map<String, String> properties = new HashMap<>(snapshot.properties());
            properties.remove(key);
            return new VolumeSnapshot(host, point, properties, snapshot.holds());
        });
    }

    @Override
    public void hold(HostId host, PointId point, String tag) {
        update(host, point, snapshot -> {
            Set<String> holds = new HashSet<>(snapshot.holds());
            holds.add(tag);
            return new VolumeSnapshot(host, point, snapshot.properties(), holds);
        });
    }

    @Override
    public void release(HostId host, PointId point, String tag) {
        locked(host, () -> {
            if (Records.readPoint(layout.pointRecord(host, point)).isPresent()) {
                update(host, point, snapshot -> {
                    Set<String> holds = new HashSet<>(snapshot.holds());
                    holds.remove(tag);
                    return new VolumeSnapshot(host, point, snapshot.properties(), holds);
                });
            }
            return tag;
        });
    }

    private void update(HostId host, PointId point, UnaryOperator<VolumeSnapshot> change) {
        locked(host, () -> {
            Records.Point record = requirePoint(host, point);
            VolumeSnapshot before = describe(host, point, record);
            VolumeSnapshot after = change.apply(before);
            if (!after.equals(before)) {
                Records.Point changed = new Records.Point(record.sequence(), after.properties(), after.holds());
                known.change(
                        host,
                        () -> reserve.orSpend(() -> Records.write(layout.pointRecord(host, point), changed)),
                        entries -> entries.stream()
                                .map(entry -> entry.point().equals(point) ? new Entry(entry.sequence(), after) : entry)
                                .toList());
            }
            return after;
        });
    }

    @Override
    public void rollback(HostId host, Optional<PointId> point) {
        locked(host, () -> {
            if (point.isPresent()) {
                requirePoint(host, point.get());
                reserve.orSpend(() -> heads.restore(host, point.get()));
            } else {
                reserve.orSpend(() -> heads.zero(host));
            }
            reserve.restore();
            return host;
        });
    }

    @Override
    public void destroySnapshot(HostId host, PointId point) {
        locked(host, () -> {
            Optional<Records.Point> record = Records.readPoint(layout.pointRecord(host, point));
            if (record.isPresent()) {
                refuseIfHeld(describe(host, point, record.get()));
            }
            destroyPoint(host, point);
            reserve.restore();
            return point;
        });
    }

    private void destroyPoint(HostId host, PointId point) throws IOException {
        known.change(
                host,
                () -> {
                    DurableFiles.delete(layout.pointRecord(host, point));
                    subvolumes.deleteIfPresent(layout.point(host, point));
                },
                entries -> entries.stream()
                        .filter(entry -> !entry.point().equals(point))
                        .toList());
    }

    private void refuseIfHeld(VolumeSnapshot snapshot) throws IOException {
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
            requirePoint(host, point);
            VolumeClone wanted = new VolumeClone(clone, host, point);
            return clones.make(wanted, this::refuseIfFull);
        });
    }

    @Override
    public List<VolumeClone> clones() {
        return available(clones::list);
    }

    @Override
    public Path cloneDevice(CloneId clone, DiskId disk) {
        return available(() -> {
            Optional<VolumeClone> found = clones.find(clone);
            if (found.isEmpty() || !found.get().host().equals(disk.host())) {
                throw noVolume("clone " + clone + ", " + disk.name());
            }
            return image(layout.clone(clone), disk);
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
            requirePoint(disk.host(), from);
            requirePoint(disk.host(), to);
            Path before = layout.point(disk.host(), from);
            Path after = layout.point(disk.host(), to);
            long sizeBefore = Files.size(image(before, disk));
            long sizeAfter = Files.size(image(after, disk));
            long size = Math.max(sizeBefore, sizeAfter);
            long common = Math.min(sizeBefore, sizeAfter);
            if (from.equals(to) || size == 0) {
                return ExtentSet.empty();
            }
            ExtentSet all = ExtentSet.of(new Extent(0, size));
            ExtentSet changes = sent(before, after, disk).orElse(all);
            ExtentSet tail = common < size ? ExtentSet.of(Extent.between(common, size)) : ExtentSet.empty();
            return changes.union(tail).intersect(all);
        });
    }

    private Optional<ExtentSet> sent(Path before, Path after, DiskId disk) throws IOException {
        Path stream = Files.createTempFile("understudy-changes-", ".stream");
        try {
            subvolumes.sendChanges(before, after, stream);
            try (InputStream in = Files.newInputStream(stream)) {
                return SendStream.changes(in, disk.name() + ".raw");
            }
        } finally {
            Files.deleteIfExists(stream);
        }
    }

    @Override
    public void destroyHost(HostId host) {
        locked(host, () -> {
            List<Entry> points = points(host);
            for (Entry entry : points) {
                refuseIfHeld(entry.snapshot());
            }
            for (Entry entry : points) {
                destroyPoint(host, entry.snapshot().point());
            }
            heads.destroy(host);
            DurableFiles.delete(layout.points(host));
            DurableFiles.delete(layout.host(host));
            reserve.restore();
            return host;
        });
    }

    private List<Entry> points(HostId host) throws IOException {
        return known.of(host, () -> readPoints(host));
    }

    private List<Entry> readPoints(HostId host) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (Path file : DurableFiles.list(layout.points(host))) {
            String name = String.valueOf(file.getFileName());
            if (name.endsWith(PoolLayout.RECORD_SUFFIX)) {
                PointId point = pointOf(file, name);
                Optional<Records.Point> record = Records.readPoint(file);
                if (record.isPresent() && Files.isDirectory(layout.point(host, point))) {
                    entries.add(new Entry(record.get().sequence(), describe(host, point, record.get())));
                }
            }
        }
        entries.sort(Comparator.comparingLong(Entry::sequence));
        return entries;
    }

    private static PointId pointOf(Path file, String name) {
        try {
            return PointId.parse(name.substring(0, name.length() - PoolLayout.RECORD_SUFFIX.length()));
        } catch (IllegalArgumentException e) {
            throw Records.damaged(file, e);
        }
    }

    private VolumeSnapshot describe(HostId host, PointId point, Records.Point record) {
        try {
            return new VolumeSnapshot(host, point, record.properties(), record.holds());
        } catch (IllegalArgumentException e) {
            throw Records.damaged(layout.pointRecord(host, point), e);
        }
    }

    private Path requireHead(HostId host) {
        if (!heads.exists(host)) {
            throw noVolume("host " + host);
        }
        return layout.head(host);
    }

    private Records.Point requirePoint(HostId host, PointId point) throws IOException {
        Optional<Records.Point> record = Records.readPoint(layout.pointRecord(host, point));
        if (record.isEmpty() || !Files.isDirectory(layout.point(host, point))) {
            throw Problem.of(ProblemCode.POINT_NOT_FOUND, "point", point.toString())
                    .asException();
        }
        return record.get();
    }

    private static Path image(Path subvolume, DiskId disk) {
        Path image = PoolLayout.image(subvolume, disk);
        if (!Files.exists(image)) {
            throw noVolume(disk.host() + "/" + disk.name());
        }
        return image;
    }

    private static ProblemException noVolume(String volume) {
        return Problem.of(ProblemCode.VOLUME_NOT_FOUND, "volume", volume).asException();
    }
}
