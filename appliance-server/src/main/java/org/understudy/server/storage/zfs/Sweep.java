package org.understudy.server.storage.zfs;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.SnapshotName;

/**
 * Plans what of a host can be destroyed: points that are gone and that nothing comes from, and generations that are not the head
 * and have no snapshot left. It is what every crash leaves, so running the plan is recovery too. Asks nothing of ZFS.
 */
final class Sweep {

    /** One thing to destroy, by its identity. */
    sealed interface Step {
        record DestroySnapshot(Snapshot snapshot) implements Step {}

        record DestroyDataset(Dataset dataset) implements Step {}
    }

    private final HostPoints points;
    private final HostTree tree;
    private final Optional<DatasetName> keep;
    private final List<Dataset> datasets;
    private final List<Dataset> elsewhere;
    private final Set<SnapshotName> left = new HashSet<>();
    private final List<Step> steps = new ArrayList<>();

    private Sweep(HostTree tree, HostPoints points, Collection<Dataset> elsewhere) {
        this.tree = tree;
        this.points = points;
        this.keep = tree.head();
        this.datasets = new ArrayList<>(tree.datasets());
        this.elsewhere = List.copyOf(elsewhere);
        points.snapshots().forEach(snapshot -> left.add(snapshot.name()));
    }

    /**
     * In an order in which each step is possible once those before it are done.
     *
     * @param elsewhere datasets outside of the host that may be clones of its points
     */
    static List<Step> plan(HostTree tree, HostPoints points, Collection<Dataset> elsewhere) {
        Sweep sweep = new Sweep(tree, points, elsewhere);
        int before;
        do {
            before = sweep.steps.size();
            sweep.points();
            sweep.generations();
        } while (sweep.steps.size() > before);
        return sweep.steps;
    }

    private void points() {
        for (HostPoints.Point point : points.points()) {
            if (point.gone()) {
                List<Snapshot> parts = points.parts(point);
                parts.forEach(this::destroyIfUnused);
                // Last, because it carries the mark that the rest is to go.
                if (parts.stream().noneMatch(part -> left.contains(part.name()))) {
                    destroyIfUnused(point.snapshot());
                }
            }
        }
    }

    private void destroyIfUnused(Snapshot snapshot) {
        boolean used = datasets.stream().anyMatch(dataset -> comesFrom(dataset, snapshot))
                || elsewhere.stream().anyMatch(dataset -> comesFrom(dataset, snapshot));
        if (!used && left.remove(snapshot.name())) {
            steps.add(new Step.DestroySnapshot(snapshot));
        }
    }

    private static boolean comesFrom(Dataset dataset, Snapshot snapshot) {
        return dataset.origin().filter(snapshot.name()::equals).isPresent();
    }

    private void generations() {
        for (Dataset generation : tree.generations()) {
            if (!datasets.contains(generation)
                    || keep.filter(generation.name()::equals).isPresent()) {
                continue;
            }
            List<Dataset> below = datasets.stream()
                    .filter(dataset -> dataset != generation && dataset.name().isWithin(generation.name()))
                    .toList();
            boolean allOurs = below.stream().allMatch(dataset -> HostTree.isDisk(generation.name(), dataset));
            boolean unused = left.stream().noneMatch(name -> name.dataset().isWithin(generation.name()));
            if (allOurs && unused) {
                below.forEach(this::destroy);
                destroy(generation);
            }
        }
    }

    private void destroy(Dataset dataset) {
        datasets.remove(dataset);
        steps.add(new Step.DestroyDataset(dataset));
    }
}
