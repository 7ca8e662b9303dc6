package org.understudy.server.storage.zfs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.CloneId;
import org.understudy.server.storage.VolumeClone;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.name.DatasetName;

/**
 * The writable clones of all hosts. One is made under another name and renamed when it is whole, and renamed again before it is
 * destroyed: a rename is one transaction over a dataset and all below it. Thread-safe by one lock.
 */
final class Clones {

    private final Datasets zfs;
    private final ZfsLayout layout;
    private final Remover remover;
    private final Reserve reserve;

    Clones(Datasets zfs, ZfsLayout layout, Remover remover, Reserve reserve) {
        this.zfs = zfs;
        this.layout = layout;
        this.remover = remover;
        this.reserve = reserve;
    }

    /** @param beforeNew runs before a clone that does not exist yet is made */
    synchronized VolumeClone make(VolumeClone wanted, HostPoints points, HostPoints.Point point, Runnable beforeNew)
            throws IOException {
        Optional<VolumeClone> present = find(wanted.id());
        if (present.isPresent()) {
            if (present.get().equals(wanted)) {
                return wanted;
            }
            throw Problem.of(
                            ProblemCode.CONFLICT,
                            "reason",
                            "clone " + wanted.id() + " is a copy of point "
                                    + present.get().origin())
                    .asException();
        }
        beforeNew.run();
        DatasetName unfinished = layout.unfinished(wanted.id());
        reserve.orSpend(() -> {
            remover.destroyWithVolumes(unfinished, zfs.list(layout.clones()));
            zfs.cloneSnapshot(point.snapshot().name(), unfinished, Map.of());
            for (Snapshot part : points.parts(point)) {
                zfs.cloneSnapshot(
                        part.name(), unfinished.child(part.name().dataset().leaf()), Map.of());
            }
            Waiting.whileBusy(() -> zfs.rename(unfinished, layout.clone(wanted.id())));
        });
        return wanted;
    }

    synchronized Optional<VolumeClone> find(CloneId id) {
        return list().stream().filter(clone -> clone.id().equals(id)).findAny();
    }

    synchronized List<VolumeClone> list() {
        List<VolumeClone> clones = new ArrayList<>();
        for (Dataset dataset : zfs.list(layout.clones())) {
            Optional<CloneId> id = dataset.isVolume() ? Optional.empty() : layout.cloneOf(dataset.name());
            if (id.isPresent() && dataset.origin().isPresent()) {
                Optional<HostId> host = layout.hostOf(dataset.origin().get().dataset());
                Optional<PointId> point = ZfsLayout.pointOf(dataset.origin().get());
                if (host.isPresent() && point.isPresent()) {
                    clones.add(new VolumeClone(id.get(), host.get(), point.get()));
                }
            }
        }
        return clones;
    }

    /** Names of the clones of a point. */
    List<String> of(HostId host, PointId point) {
        return list().stream()
                .filter(clone -> clone.host().equals(host) && clone.origin().equals(point))
                .map(clone -> "clone " + clone.id())
                .toList();
    }

    /** The volume of a disk in a clone. */
    synchronized Optional<DatasetName> volume(CloneId id, DiskId disk) {
        return find(id).filter(clone -> clone.host().equals(disk.host()))
                .flatMap(clone -> zfs.find(ZfsLayout.volume(layout.clone(id), disk)))
                .map(Dataset::name);
    }

    synchronized void destroy(CloneId id) {
        Optional<Dataset> present = zfs.find(layout.clone(id));
        if (present.isPresent()) {
            DatasetName discarded = layout.discarded(id, present.get().guid());
            Waiting.whileBusy(() -> zfs.rename(layout.clone(id), discarded));
        }
        removeLeftovers();
    }

    /** Clones that a crash left half-made or half-destroyed, or that something had open when they were destroyed. */
    synchronized void removeLeftovers() {
        List<Dataset> all = zfs.list(layout.clones());
        for (Dataset dataset : all) {
            boolean direct = ZfsLayout.isChild(layout.clones(), dataset.name());
            String leaf = dataset.name().leaf();
            if (direct && (leaf.endsWith(".new") || leaf.contains(".old-"))) {
                Remover.destroyed(() -> remover.destroyWithVolumes(dataset.name(), all));
            }
        }
    }
}
