package org.understudy.server.storage.zfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.SnapshotName;

class SweepTest {

    private final ZfsLayout layout = new ZfsLayout(new DatasetName("tank/u"));
    private final DatasetName host = layout.host(HostId.random());
    private final List<Dataset> datasets = new ArrayList<>();
    private final List<Dataset> clones = new ArrayList<>();
    private final List<Snapshot> snapshots = new ArrayList<>();
    private final List<HostPoints.Point> points = new ArrayList<>();
    private final PointId first = PointId.random();
    private final PointId second = PointId.random();
    private long next = 1;

    private DatasetName generation(int number, Optional<PointId> origin) {
        DatasetName generation = host.child("g" + number);
        DatasetName from = host.child("g" + (number - 1));
        datasets.add(dataset(generation, false, origin.map(point -> ZfsLayout.point(from, point))));
        datasets.add(dataset(
                generation.child("disk0"), true, origin.map(point -> ZfsLayout.point(from.child("disk0"), point))));
        return generation;
    }

    private Dataset dataset(DatasetName name, boolean volume, Optional<SnapshotName> origin) {
        return new Dataset(
                name, new Guid(next++), volume ? Optional.of(1L << 20) : Optional.empty(), origin, Instant.EPOCH);
    }

    private Snapshot snapshot(DatasetName dataset, String name) {
        Snapshot made = new Snapshot(dataset.snapshot(name), new Guid(next), next++, Instant.EPOCH, 0, 0);
        snapshots.add(made);
        return made;
    }

    private void point(DatasetName generation, PointId id, boolean gone) {
        points.add(new HostPoints.Point(
                id, snapshot(generation, id.toString()), gone ? Map.of(ZfsLayout.GONE.value(), "yes") : Map.of()));
        snapshot(generation.child("disk0"), id.toString());
    }

    /** Names of what is to be destroyed, without the host's. */
    private List<String> plan(Optional<DatasetName> head) {
        HostTree tree = new HostTree(host, head, datasets);
        return Sweep.plan(tree, new HostPoints(snapshots, points), clones).stream()
                .map(step -> switch (step) {
                    case Sweep.Step.DestroySnapshot s -> s.snapshot().name().toString();
                    case Sweep.Step.DestroyDataset d -> d.dataset().name().value();
                })
                .map(name -> name.substring(host.value().length() + 1))
                .toList();
    }

    @Test
    void nothingThatCountsIsTouched() {
        DatasetName head = generation(1, Optional.empty());
        point(head, first, false);

        assertThat(plan(Optional.of(head))).isEmpty();
    }

    @Test
    void aPointThatIsGoneGoesWithItsVolumesFirst() {
        DatasetName head = generation(1, Optional.empty());
        point(head, first, true);
        point(head, second, false);

        assertThat(plan(Optional.of(head))).containsExactly("g1/disk0@" + first, "g1@" + first);
    }

    @Test
    void aPointThatTheHeadComesFromWaits() {
        DatasetName old = generation(1, Optional.empty());
        point(old, first, true);
        DatasetName head = generation(2, Optional.of(first));

        assertThat(plan(Optional.of(head))).isEmpty();
    }

    @Test
    void aPointThatACloneComesFromWaits() {
        DatasetName head = generation(1, Optional.empty());
        point(head, first, true);
        clones.add(dataset(
                layout.clones().child("c.old-1").child("disk0"),
                true,
                Optional.of(ZfsLayout.point(head.child("disk0"), first))));

        assertThat(plan(Optional.of(head))).isEmpty();
    }

    @Test
    void aGenerationThatNeverBecameTheHeadGoes() {
        DatasetName head = generation(1, Optional.empty());
        point(head, first, false);
        generation(2, Optional.of(first));

        assertThat(plan(Optional.of(head))).containsExactly("g2/disk0", "g2");
    }

    @Test
    void anOldGenerationStaysAsLongAsItHasPoints() {
        DatasetName old = generation(1, Optional.empty());
        point(old, first, false);
        DatasetName head = generation(2, Optional.of(first));

        assertThat(plan(Optional.of(head))).isEmpty();
    }

    @Test
    void withoutAHeadAWholeChainOfGenerationsGoesFromItsEnd() {
        DatasetName g1 = generation(1, Optional.empty());
        point(g1, first, true);
        DatasetName g2 = generation(2, Optional.of(first));
        point(g2, second, true);
        generation(3, Optional.of(second));

        assertThat(plan(Optional.empty()))
                .containsExactly(
                        "g3/disk0",
                        "g3",
                        "g2/disk0@" + second,
                        "g2@" + second,
                        "g2/disk0",
                        "g2",
                        "g1/disk0@" + first,
                        "g1@" + first,
                        "g1/disk0",
                        "g1");
    }

    @Test
    void whatIsNotOursKeepsItsGeneration() {
        DatasetName old = generation(1, Optional.empty());
        snapshot(old.child("disk0"), "by hand");
        DatasetName other = generation(2, Optional.empty());
        datasets.add(dataset(other.child("notes"), false, Optional.empty()));
        DatasetName head = generation(3, Optional.empty());

        assertThat(plan(Optional.of(head))).isEmpty();
    }

    @Test
    void aVolumesSnapshotWhosePointWasRemovedByHandIsNotTaken() {
        DatasetName head = generation(1, Optional.empty());
        snapshot(head.child("disk0"), first.toString());

        assertThat(plan(Optional.of(head))).isEmpty();
    }
}
