package org.understudy.server.storage.zfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.server.storage.zfs.Lineage.Stretch;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.SnapshotName;

/** Snapshots are named by the transaction that made them. */
class LineageTest {

    private final Map<DatasetName, SnapshotName> origins = new HashMap<>();

    private static SnapshotName at(String volume, int transaction) {
        return new DatasetName("tank/" + volume).snapshot(Integer.toString(transaction));
    }

    private Optional<List<Stretch>> between(SnapshotName one, SnapshotName other) {
        return Lineage.between(
                one, other, volume -> Optional.ofNullable(origins.get(volume)), name -> Long.parseLong(name.name()));
    }

    @Test
    void withinOneVolumeItIsOneStretchInTheOrderOfTime() {
        assertThat(between(at("g1", 10), at("g1", 20))).contains(List.of(new Stretch(at("g1", 10), at("g1", 20))));
        assertThat(between(at("g1", 20), at("g1", 10))).contains(List.of(new Stretch(at("g1", 10), at("g1", 20))));
        assertThat(between(at("g1", 9), at("g1", 9))).contains(List.of());
    }

    @Test
    void fromAnOriginToItsCloneItIsOneStretch() {
        origins.put(new DatasetName("tank/g2"), at("g1", 10));

        assertThat(between(at("g1", 10), at("g2", 30))).contains(List.of(new Stretch(at("g1", 10), at("g2", 30))));
        assertThat(between(at("g2", 30), at("g1", 10))).contains(List.of(new Stretch(at("g1", 10), at("g2", 30))));
    }

    @Test
    void acrossARollbackItGoesThroughTheCommonAncestor() {
        origins.put(new DatasetName("tank/g2"), at("g1", 10));

        assertThat(between(at("g1", 20), at("g2", 30)).orElseThrow())
                .containsExactlyInAnyOrder(
                        new Stretch(at("g1", 10), at("g2", 30)), new Stretch(at("g1", 10), at("g1", 20)));
    }

    @Test
    void twoRollbacksOfOneOriginMeetThere() {
        origins.put(new DatasetName("tank/g2"), at("g1", 10));
        origins.put(new DatasetName("tank/g3"), at("g2", 30));
        origins.put(new DatasetName("tank/g4"), at("g1", 20));

        assertThat(between(at("g3", 50), at("g4", 60)).orElseThrow())
                .containsExactlyInAnyOrder(
                        new Stretch(at("g2", 30), at("g3", 50)),
                        new Stretch(at("g1", 10), at("g2", 30)),
                        new Stretch(at("g1", 20), at("g4", 60)),
                        new Stretch(at("g1", 10), at("g1", 20)));
    }

    @Test
    void volumesWithNothingInCommonHaveNoWay() {
        assertThat(between(at("g1", 10), at("g2", 20))).isEmpty();
    }
}
