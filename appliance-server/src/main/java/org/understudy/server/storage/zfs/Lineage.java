package org.understudy.server.storage.zfs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.SnapshotName;

/** The way from one snapshot of a disk to another through their common ancestor, over generations. Asks nothing of ZFS. */
final class Lineage {

    /**
     * A stretch that ZFS can compare.
     *
     * @param earlier a snapshot of the same volume as {@code later}, or that volume's origin
     */
    record Stretch(SnapshotName earlier, SnapshotName later) {}

    private Lineage() {}

    /**
     * Stretches that together contain every change between the two; their order does not matter. Empty if the two have nothing
     * in common.
     *
     * @param origin what a volume was cloned from
     * @param transaction when a snapshot was made
     */
    static Optional<List<Stretch>> between(
            SnapshotName one,
            SnapshotName other,
            Function<DatasetName, Optional<SnapshotName>> origin,
            ToLongFunction<SnapshotName> transaction) {
        List<SnapshotName> first = ancestors(one, origin);
        List<SnapshotName> second = ancestors(other, origin);
        for (int i = 0; i < first.size(); i++) {
            for (int j = 0; j < second.size(); j++) {
                SnapshotName a = first.get(i);
                SnapshotName b = second.get(j);
                if (a.dataset().equals(b.dataset())) {
                    List<Stretch> stretches = new ArrayList<>();
                    addSteps(stretches, first.subList(0, i + 1));
                    addSteps(stretches, second.subList(0, j + 1));
                    if (!a.equals(b)) {
                        boolean inOrder = transaction.applyAsLong(a) < transaction.applyAsLong(b);
                        stretches.add(inOrder ? new Stretch(a, b) : new Stretch(b, a));
                    }
                    return Optional.of(stretches);
                }
            }
        }
        return Optional.empty();
    }

    /** The snapshot, what its volume came from, what that one's volume came from, ... */
    private static List<SnapshotName> ancestors(
            SnapshotName snapshot, Function<DatasetName, Optional<SnapshotName>> origin) {
        List<SnapshotName> all = new ArrayList<>();
        Optional<SnapshotName> next = Optional.of(snapshot);
        while (next.isPresent()) {
            all.add(next.get());
            next = origin.apply(next.get().dataset());
        }
        return all;
    }

    private static void addSteps(List<Stretch> stretches, List<SnapshotName> chain) {
        for (int i = 1; i < chain.size(); i++) {
            stretches.add(new Stretch(chain.get(i), chain.get(i - 1)));
        }
    }
}
