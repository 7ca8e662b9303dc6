package org.understudy.server.storage.zfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.storage.Volume;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.Setting;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.VolumeSpec;
import org.understudy.zfs.name.DatasetName;

/**
 * The writable heads. A head is replaced by making another generation and then naming it in the host's property, which is one
 * transaction; whatever a crash leaves is a generation that is not the head, see {@link Sweep}. The caller serialises the
 * operations of a host.
 */
final class Heads {

    private static final int SECTOR = 512;
    private static final String META = "meta";

    private final Datasets zfs;
    private final ZfsLayout layout;
    private final Path mount;

    /** @param mount where the root's file systems are mounted */
    Heads(Datasets zfs, ZfsLayout layout, Path mount) {
        this.zfs = zfs;
        this.layout = layout;
        this.mount = mount;
    }

    HostTree tree(HostId host) {
        return HostTree.read(zfs, layout, host);
    }

    /** Makes or grows a volume, and whatever it needs. */
    void resize(DiskId disk, long bytes) throws IOException {
        if (bytes <= 0 || bytes % SECTOR != 0) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", bytes + " bytes are no number of sectors of " + SECTOR)
                    .asException();
        }
        DatasetName volume = ZfsLayout.volume(prepare(disk.host()), disk);
        Optional<Dataset> present = zfs.find(volume);
        if (present.isEmpty()) {
            create(volume, bytes);
        } else if (present.get().volumeBytes().orElseThrow() < bytes) {
            zfs.grow(volume, bytes);
        }
    }

    /** The largest block up to the usual one that the size is a multiple of: ZFS takes no other sizes. */
    static int blockBytes(long bytes) {
        return (int) Math.min(VolumeSpec.DEFAULT_BLOCK_BYTES, Long.lowestOneBit(bytes));
    }

    private void create(DatasetName volume, long bytes) {
        zfs.createVolume(volume, new VolumeSpec(bytes, blockBytes(bytes), "lz4", Map.of()));
    }

    /** The head of a host, made if it is not there. */
    private DatasetName prepare(HostId host) throws IOException {
        HostTree tree = tree(host);
        if (!tree.exists()) {
            zfs.createFileSystem(layout.host(host), List.of(Setting.Fixed.NAME_ONLY), Map.of(ZfsLayout.HEAD, "g1"));
            tree = tree(host);
        }
        if (tree.head().isEmpty()) {
            DatasetName next = layout.generation(host, tree.nextGeneration());
            zfs.setProperty(layout.host(host), ZfsLayout.HEAD, next.leaf());
            tree = tree(host);
        }
        DatasetName head = tree.head().orElseThrow();
        if (tree.presentHead().isEmpty()) {
            zfs.createFileSystem(head, Map.of());
        }
        meta(head);
        return head;
    }

    /** The {@code meta} directory of a generation that may still be written, made if a crash left none. */
    Path meta(DatasetName head) throws IOException {
        return Files.createDirectories(mounted(head).resolve(META));
    }

    /** The {@code meta} directory of a point; the kernel mounts the snapshot when it is first entered. */
    Path meta(HostPoints.Point point) throws IOException {
        return mounted(point.generation())
                .resolve(".zfs")
                .resolve("snapshot")
                .resolve(point.id().toString())
                .resolve(META);
    }

    private Path mounted(DatasetName generation) throws IOException {
        Optional<Path> place = MountTable.now().of(generation);
        if (place.isEmpty()) {
            makePlace(generation);
            zfs.mount(generation);
            place = MountTable.now().of(generation);
        }
        return place.orElseThrow(() ->
                ZfsProblems.unavailable(generation + " could not be mounted").asException());
    }

    /** The tools make the directory themselves, but not one with other letters than ASCII in the locale that they run in. */
    private void makePlace(DatasetName generation) throws IOException {
        String below = generation.value().substring(layout.root().value().length() + 1);
        Files.createDirectories(mount.resolve(below));
    }

    /** The head becomes equal to a point. */
    void restore(HostId host, HostTree tree, HostPoints points, HostPoints.Point point) throws IOException {
        DatasetName next = layout.generation(host, tree.nextGeneration());
        makePlace(next); // A clone is mounted at once.
        zfs.cloneSnapshot(point.snapshot().name(), next, Map.of());
        for (Snapshot part : points.parts(point)) {
            zfs.cloneSnapshot(part.name(), next.child(part.name().dataset().leaf()), Map.of());
        }
        zfs.setProperty(layout.host(host), ZfsLayout.HEAD, next.leaf());
    }

    /** The head's volumes become zeros and its {@code meta} empty. */
    void zero(HostId host, HostTree tree) throws IOException {
        Optional<DatasetName> head = tree.presentHead();
        if (head.isPresent()) {
            DatasetName next = layout.generation(host, tree.nextGeneration());
            zfs.createFileSystem(next, Map.of());
            meta(next);
            for (Volume volume : HostTree.volumes(host, head.get(), tree.datasets())) {
                create(ZfsLayout.volume(next, volume.disk()), volume.size().bytes());
            }
            zfs.setProperty(layout.host(host), ZfsLayout.HEAD, next.leaf());
        }
    }

    /** From now on nothing of the host counts but its points. */
    void drop(HostId host) {
        zfs.setProperty(layout.host(host), ZfsLayout.HEAD, ZfsLayout.NO_HEAD);
    }
}
