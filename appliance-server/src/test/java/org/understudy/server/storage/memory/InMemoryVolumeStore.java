package org.understudy.server.storage.memory;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
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
import org.understudy.server.storage.Volume;
import org.understudy.server.storage.VolumeClone;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.server.storage.VolumeStore;

/**
 * The fake pool for tests: what it knows is in memory, images are sparse files below a directory of the test (root may write
 * to its snapshots: only their mode forbids it). {@link #failNext} makes an operation fail as a real pool may. Thread-safe by
 * one lock.
 */
public final class InMemoryVolumeStore implements VolumeStore {

    private static final long CAPACITY = 1L << 42;
    private static final int COMPARE_BLOCK = 1 << 16;

    private final CommandRunner runner = new ProcessCommandRunner();
    private final Path directory;
    private final Map<HostId, TreeMap<Integer, Long>> heads = new TreeMap<>();
    private final Map<HostId, LinkedHashMap<PointId, Point>> points = new HashMap<>();
    private final Map<CloneId, VolumeClone> clones = new LinkedHashMap<>();
    private final Map<String, Problem> failures = new HashMap<>();
    private boolean full;

    private record Point(VolumeSnapshot snapshot, Map<Integer, Long> sizes) {}

    /** @param directory an empty directory of the test's own */
    public InMemoryVolumeStore(Path directory) {
        this.directory = directory;
    }

    /** From now on the pool has no free space, or has it again. */
    public synchronized void full(boolean isFull) {
        full = isFull;
    }

    /** The next call of the method of this name fails with this problem and does nothing. */
    public synchronized void failNext(String method, Problem problem) {
        failures.put(method, problem);
    }

    private void begin(String method) {
        Problem problem = failures.remove(method);
        if (problem != null) {
            throw problem.asException();
        }
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.CHANGED_EXTENTS);
    }

    @Override
    public synchronized PoolUsage usage() {
        begin("usage");
        String line = run("du", "-s", "--block-size=1", directory.toString());
        long used = Long.parseLong(line.substring(0, line.indexOf('\t')));
        return new PoolUsage(
                "memory", new ByteSize(CAPACITY), new ByteSize(used), new ByteSize(full ? 0 : CAPACITY - used));
    }

    @Override
    public synchronized List<HostId> hosts() {
        begin("hosts");
        return List.copyOf(heads.keySet());
    }

    @Override
    public synchronized void createVolume(DiskId disk, ByteSize size) {
        begin("createVolume");
        long present = heads.getOrDefault(disk.host(), new TreeMap<>()).getOrDefault(disk.number(), -1L);
        if (present > size.bytes()) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "a volume never shrinks")
                    .asException();
        }
        if (present == size.bytes()) {
            return;
        }
        refuseIfFull();
        heads.computeIfAbsent(disk.host(), h -> new TreeMap<>()).put(disk.number(), size.bytes());
        makeFile(head(disk.host()).resolve(disk.name()), size.bytes());
        makeDirectory(head(disk.host()).resolve("meta"));
    }

    @Override
    public synchronized List<Volume> volumes(HostId host) {
        begin("volumes");
        return heads.getOrDefault(host, new TreeMap<>()).entrySet().stream()
                .map(e -> new Volume(new DiskId(host, e.getKey()), new ByteSize(e.getValue())))
                .toList();
    }

    @Override
    public synchronized Path headDevice(DiskId disk) {
        begin("headDevice");
        if (!heads.getOrDefault(disk.host(), new TreeMap<>()).containsKey(disk.number())) {
            throw noVolume(disk);
        }
        return head(disk.host()).resolve(disk.name());
    }

    @Override
    public synchronized Path headMeta(HostId host) {
        begin("headMeta");
        requireHead(host);
        return head(host).resolve("meta");
    }

    @Override
    public synchronized VolumeSnapshot snapshot(HostId host, PointId point, Map<String, String> properties) {
        begin("snapshot");
        requireHead(host);
        Point made = of(host).get(point);
        if (made == null) {
            made = new Point(
                    new VolumeSnapshot(host, point, properties, Set.of()),
                    Map.copyOf(heads.getOrDefault(host, new TreeMap<>())));
            copy(head(host), pointDirectory(host, point));
            run("chmod", "-R", "a-w", pointDirectory(host, point).toString());
            of(host).put(point, made);
        }
        return made.snapshot();
    }

    @Override
    public synchronized List<VolumeSnapshot> snapshots(HostId host) {
        begin("snapshots");
        return of(host).values().stream().map(Point::snapshot).toList();
    }

    @Override
    public synchronized Optional<VolumeSnapshot> snapshot(HostId host, PointId point) {
        return Optional.ofNullable(of(host).get(point)).map(Point::snapshot);
    }

    @Override
    public synchronized Path snapshotDevice(DiskId disk, PointId point) {
        begin("snapshotDevice");
        if (!require(disk.host(), point).sizes().containsKey(disk.number())) {
            throw noVolume(disk);
        }
        return pointDirectory(disk.host(), point).resolve(disk.name());
    }

    @Override
    public synchronized Path snapshotMeta(HostId host, PointId point) {
        begin("snapshotMeta");
        require(host, point);
        return pointDirectory(host, point).resolve("meta");
    }

    @Override
    public synchronized void setProperty(HostId host, PointId point, String key, String value) {
        begin("setProperty");
        Map<String, String> properties =
                new HashMap<>(require(host, point).snapshot().properties());
        properties.put(key, value);
        update(host, point, properties, require(host, point).snapshot().holds());
    }

    @Override
    public synchronized void removeProperty(HostId host, PointId point, String key) {
        begin("removeProperty");
        Map<String, String> properties =
                new HashMap<>(require(host, point).snapshot().properties());
        properties.remove(key);
        update(host, point, properties, require(host, point).snapshot().holds());
    }

    @Override
    public synchronized void rollback(HostId host, Optional<PointId> point) {
        begin("rollback");
        if (point.isPresent()) {
            Point origin = require(host, point.get());
            remove(head(host));
            copy(pointDirectory(host, point.get()), head(host));
            run("chmod", "-R", "u+w", head(host).toString());
            heads.put(host, new TreeMap<>(origin.sizes()));
        } else if (heads.containsKey(host)) {
            remove(head(host));
            makeDirectory(head(host).resolve("meta"));
            volumes(host)
                    .forEach(v -> makeFile(
                            head(host).resolve(v.disk().name()), v.size().bytes()));
        }
    }

    @Override
    public synchronized void hold(HostId host, PointId point, String tag) {
        begin("hold");
        Set<String> holds = new HashSet<>(require(host, point).snapshot().holds());
        holds.add(tag);
        update(host, point, require(host, point).snapshot().properties(), holds);
    }

    @Override
    public synchronized void release(HostId host, PointId point, String tag) {
        begin("release");
        if (of(host).containsKey(point)) {
            Set<String> holds = new HashSet<>(require(host, point).snapshot().holds());
            holds.remove(tag);
            update(host, point, require(host, point).snapshot().properties(), holds);
        }
    }

    @Override
    public synchronized void destroySnapshot(HostId host, PointId point) {
        begin("destroySnapshot");
        if (of(host).containsKey(point)) {
            refuseIfHeld(host, point);
            of(host).remove(point);
            remove(pointDirectory(host, point));
        }
    }

    @Override
    public synchronized VolumeClone cloneSnapshot(HostId host, PointId point, CloneId clone) {
        begin("cloneSnapshot");
        require(host, point);
        VolumeClone wanted = new VolumeClone(clone, host, point);
        VolumeClone present = clones.get(clone);
        if (present != null && !present.equals(wanted)) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "clone " + clone + " has another origin")
                    .asException();
        }
        if (present == null) {
            refuseIfFull();
            copy(pointDirectory(host, point), cloneDirectory(clone));
            run("chmod", "-R", "u+w", cloneDirectory(clone).toString());
            clones.put(clone, wanted);
        }
        return wanted;
    }

    @Override
    public synchronized List<VolumeClone> clones() {
        begin("clones");
        return List.copyOf(clones.values());
    }

    @Override
    public synchronized Path cloneDevice(CloneId clone, DiskId disk) {
        begin("cloneDevice");
        VolumeClone present = clones.get(clone);
        Path device = cloneDirectory(clone).resolve(disk.name());
        if (present == null || !present.host().equals(disk.host()) || !Files.exists(device)) {
            throw noVolume(disk);
        }
        return device;
    }

    @Override
    public synchronized void destroyClone(CloneId clone) {
        begin("destroyClone");
        if (clones.remove(clone) != null) {
            remove(cloneDirectory(clone));
        }
    }

    @Override
    public synchronized ExtentSet changedExtents(DiskId disk, PointId from, PointId to) {
        begin("changedExtents");
        try (FileChannel a = FileChannel.open(snapshotDevice(disk, from), StandardOpenOption.READ);
                FileChannel b = FileChannel.open(snapshotDevice(disk, to), StandardOpenOption.READ)) {
            long size = Math.max(a.size(), b.size());
            List<Extent> changed = new ArrayList<>();
            for (long offset = 0; offset < size; offset += COMPARE_BLOCK) {
                if (!block(a, offset).equals(block(b, offset))) {
                    changed.add(Extent.between(offset, Math.min(size, offset + COMPARE_BLOCK)));
                }
            }
            return ExtentSet.of(changed);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void destroyHost(HostId host) {
        begin("destroyHost");
        of(host).keySet().forEach(point -> refuseIfHeld(host, point));
        points.remove(host);
        heads.remove(host);
        remove(directory.resolve(host.toString()));
    }

    private static ByteBuffer block(FileChannel file, long offset) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(COMPARE_BLOCK);
        for (int n = 0; n >= 0 && block.hasRemaining(); ) {
            n = file.read(block, offset + block.position());
        }
        return block.flip();
    }

    private LinkedHashMap<PointId, Point> of(HostId host) {
        return points.computeIfAbsent(host, h -> new LinkedHashMap<>());
    }

    private Point require(HostId host, PointId point) {
        Point found = of(host).get(point);
        if (found == null) {
            throw Problem.of(ProblemCode.POINT_NOT_FOUND, "point", point.toString())
                    .asException();
        }
        return found;
    }

    private void requireHead(HostId host) {
        if (!heads.containsKey(host)) {
            throw Problem.of(ProblemCode.VOLUME_NOT_FOUND, "volume", host.toString())
                    .asException();
        }
    }

    private static ProblemException noVolume(DiskId disk) {
        return Problem.of(ProblemCode.VOLUME_NOT_FOUND, "volume", disk.host() + "/" + disk.name())
                .asException();
    }

    private void update(HostId host, PointId point, Map<String, String> properties, Set<String> holds) {
        Point old = require(host, point);
        of(host).put(point, new Point(new VolumeSnapshot(host, point, properties, holds), old.sizes()));
    }

    private void refuseIfHeld(HostId host, PointId point) {
        Set<String> users = new HashSet<>(require(host, point).snapshot().holds());
        clones.values().stream()
                .filter(clone -> clone.origin().equals(point))
                .forEach(clone -> users.add(clone.id().value()));
        if (!users.isEmpty()) {
            throw Problem.of(ProblemCode.POINT_HELD, "point", point.toString(), "holds", String.join(", ", users))
                    .asException();
        }
    }

    private void refuseIfFull() {
        if (full) {
            throw Problem.of(ProblemCode.POOL_FULL, "free", "0 B").asException();
        }
    }

    private Path head(HostId host) {
        return directory.resolve(host.toString()).resolve("head");
    }

    private Path pointDirectory(HostId host, PointId point) {
        return directory.resolve(host.toString()).resolve(point.toString());
    }

    private Path cloneDirectory(CloneId clone) {
        return directory.resolve("clones").resolve(clone.value());
    }

    private void makeFile(Path file, long size) {
        makeDirectory(file.resolveSibling("."));
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void makeDirectory(Path path) {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void copy(Path source, Path target) {
        makeDirectory(target.resolveSibling("."));
        run("cp", "-a", "--sparse=always", source.toString(), target.toString());
    }

    private void remove(Path path) {
        if (Files.exists(path)) {
            run("chmod", "-R", "u+w", path.toString());
            run("rm", "-r", path.toString());
        }
    }

    private String run(String... argv) {
        return runner.run(Command.of(argv)).orThrow().output();
    }
}
