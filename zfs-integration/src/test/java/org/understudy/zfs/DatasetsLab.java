package org.understudy.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/** Volumes, snapshots, clones, holds and bookmarks of a real pool, and every refusal of it as a type. */
@Tag("zfs")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DatasetsLab {

    private static final int MIB = 1 << 20;
    private static final PropertyName ID = new PropertyName("org.understudy:id");
    private static final HoldTag KEEP = new HoldTag("org.understudy:keep");

    private LabPool pool;
    private Datasets datasets;

    @BeforeAll
    void makePool() throws IOException {
        pool = LabPool.create(PoolSpec.Redundancy.NONE, 1);
        datasets = pool.datasets;
    }

    @AfterAll
    void destroyPool() throws IOException {
        pool.close();
    }

    private static void fails(Class<? extends ZfsError> error, ThrowingCallable call) {
        assertThatExceptionOfType(ZfsException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.error()).isInstanceOf(error));
    }

    private static void failsWith(ZfsError error, ThrowingCallable call) {
        assertThatExceptionOfType(ZfsException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.error()).isEqualTo(error));
    }

    @Test
    void a_volume_is_sparse_and_grows_but_never_shrinks() throws IOException {
        DatasetName volume = pool.volume("sparse vol", 64L * MIB, MIB, 1);
        DatasetName huge = pool.volume("huge", 1L << 40, 0, 0);

        datasets.grow(volume, 96L * MIB);

        assertThat(datasets.find(volume).orElseThrow().volumeBytes()).contains(96L * MIB);
        assertThat(pool.read(volume, MIB)).isEqualTo(LabPool.random(MIB, 1));
        assertThat(datasets.usage(huge).live()).isLessThan(MIB);
        fails(ZfsError.InvalidProperty.class, () -> datasets.grow(volume, 32L * MIB));
        try (RandomAccessFile device =
                new RandomAccessFile(datasets.device(volume).toFile(), "r")) {
            assertThat(device.length()).isEqualTo(96L * MIB);
        }
    }

    @Test
    void a_recursive_snapshot_is_of_one_instant_and_carries_its_properties() throws IOException {
        DatasetName host = pool.dataset("host 1");
        datasets.createFileSystem(host, Map.of(ID, "h-1"));
        datasets.createVolume(host.child("disk 0"), VolumeSpec.of(8L * MIB));
        datasets.createVolume(host.child("disk 1"), VolumeSpec.of(8L * MIB));

        datasets.snapshotRecursively(host.snapshot("p 1"), Map.of(ID, "point ü 1"));

        Snapshot first = datasets.find(host.child("disk 0").snapshot("p 1")).orElseThrow();
        Snapshot second = datasets.find(host.child("disk 1").snapshot("p 1")).orElseThrow();
        assertThat(first.transaction()).isEqualTo(second.transaction());
        assertThat(datasets.properties(first.name(), List.of(ID))).containsEntry(ID.value(), "point ü 1");
        assertThat(datasets.properties(host, List.of(ID))).containsEntry(ID.value(), "h-1");
        assertThat(datasets.properties(host.child("disk 0"), List.of(ID)))
                .as("inherited values are not its own")
                .isEmpty();
        datasets.setProperty(first.name(), ID, "changed");
        assertThat(datasets.properties(first.name(), List.of(ID))).containsEntry(ID.value(), "changed");
        datasets.removeProperty(first.name(), ID);
        assertThat(datasets.properties(first.name(), List.of(ID))).isEmpty();
    }

    @Test
    void a_clone_takes_over_from_its_origin() throws IOException {
        DatasetName volume = pool.volume("origin vol", 8L * MIB, MIB, 2);
        SnapshotName point = volume.snapshot("p 1");
        datasets.snapshot(List.of(point), Map.of());
        pool.write(volume, 0, LabPool.random(MIB, 3));
        DatasetName clone = pool.dataset("clone 1");
        datasets.cloneSnapshot(point, clone, Map.of(ID, "c"));

        assertThat(pool.read(clone, MIB)).isEqualTo(LabPool.random(MIB, 2));
        assertThat(datasets.find(clone).orElseThrow().origin()).contains(point);
        Guid guid = datasets.find(point).orElseThrow().guid();
        failsWith(
                new ZfsError.HasClones(point.toString(), List.of(clone.value())), () -> datasets.destroy(point, guid));
        fails(ZfsError.AlreadyExists.class, () -> datasets.cloneSnapshot(point, clone, Map.of()));
        fails(
                ZfsError.HasChildren.class,
                () -> datasets.destroy(
                        volume, datasets.find(volume).orElseThrow().guid()));

        datasets.promote(clone);

        assertThat(datasets.find(clone.snapshot("p 1")).orElseThrow().guid()).isEqualTo(guid);
        assertThat(datasets.find(volume).orElseThrow().origin()).contains(clone.snapshot("p 1"));
        failsWith(new ZfsError.NotAClone(clone.value()), () -> datasets.promote(clone));
        datasets.destroy(volume, datasets.find(volume).orElseThrow().guid());
        assertThat(datasets.find(volume)).isEmpty();
        assertThat(pool.read(clone, MIB)).isEqualTo(LabPool.random(MIB, 2));
    }

    @Test
    void nothing_is_destroyed_by_its_name_alone() throws IOException {
        DatasetName volume = pool.volume("named", 8L * MIB, 0, 0);
        SnapshotName point = volume.snapshot("p");
        datasets.snapshot(List.of(point), Map.of());
        Guid first = datasets.find(point).orElseThrow().guid();
        datasets.destroy(point, first);
        datasets.destroy(point, first);
        datasets.snapshot(List.of(point), Map.of());
        Guid second = datasets.find(point).orElseThrow().guid();

        failsWith(new ZfsError.NotOurs(point.toString(), first, second), () -> datasets.destroy(point, first));
        fails(ZfsError.NotOurs.class, () -> datasets.destroy(volume, first));

        assertThat(datasets.find(point)).isPresent();
    }

    @Test
    void a_hold_keeps_a_snapshot_until_its_release() throws IOException {
        DatasetName volume = pool.volume("held vol", 8L * MIB, 0, 0);
        SnapshotName point = volume.snapshot("p 1");
        datasets.snapshot(List.of(point), Map.of());
        Guid guid = datasets.find(point).orElseThrow().guid();
        datasets.hold(point, KEEP);
        datasets.hold(point, KEEP);

        assertThat(datasets.holds(point)).containsExactly(KEEP.value());
        assertThat(datasets.find(point).orElseThrow().holds()).isEqualTo(1);
        failsWith(new ZfsError.Held(point.toString()), () -> datasets.destroy(point, guid));

        datasets.release(point, KEEP);
        datasets.release(point, KEEP);
        datasets.destroy(point, guid);
        assertThat(datasets.snapshots(volume)).isEmpty();
        fails(ZfsError.Missing.class, () -> datasets.hold(point, KEEP));
        fails(ZfsError.Missing.class, () -> datasets.release(point, KEEP));
    }

    @Test
    void a_bookmark_remembers_what_its_snapshot_was() throws IOException {
        DatasetName volume = pool.volume("marked", 8L * MIB, 0, 0);
        SnapshotName point = volume.snapshot("p");
        datasets.snapshot(List.of(point), Map.of());
        datasets.snapshot(List.of(volume.snapshot("q")), Map.of());
        Guid guid = datasets.find(point).orElseThrow().guid();
        datasets.bookmark(point, "b 1");
        datasets.bookmark(point, "b 1");

        assertThat(datasets.bookmarks(volume)).containsExactly(Map.entry(volume.bookmark("b 1"), guid));
        fails(ZfsError.AlreadyExists.class, () -> datasets.bookmark(volume.snapshot("q"), "b 1"));
        datasets.destroy(point, guid);
        assertThat(datasets.bookmarks(volume)).containsValue(guid);
        fails(ZfsError.NotOurs.class, () -> datasets.destroy(volume.bookmark("b 1"), new Guid(1)));
        datasets.destroy(volume.bookmark("b 1"), guid);
        assertThat(datasets.bookmarks(volume)).isEmpty();
    }

    @Test
    void usage_tells_what_snapshots_keep_and_what_their_end_would_free() throws IOException {
        DatasetName volume = pool.volume("used", 32L * MIB, 8 * MIB, 10);
        List<SnapshotName> points = List.of(volume.snapshot("p 1"), volume.snapshot("p 2"));
        datasets.snapshot(points.subList(0, 1), Map.of());
        pool.write(volume, 0, LabPool.random(4 * MIB, 11));
        datasets.snapshot(points.subList(1, 2), Map.of());
        pool.write(volume, 0, LabPool.random(2 * MIB, 12));
        pool.manage.sync(pool.name);

        Usage usage = datasets.usage(volume);
        List<Snapshot> snapshots = datasets.snapshots(volume);

        assertThat(usage.live()).isBetween(8L * MIB, 9L * MIB);
        assertThat(usage.points()).isBetween(6L * MIB, 7L * MIB);
        assertThat(snapshots).extracting(Snapshot::name).containsExactlyElementsOf(points);
        assertThat(snapshots.get(0).uniqueBytes()).isBetween(4L * MIB, 5L * MIB);
        assertThat(datasets.reclaimableBytes(volume, points)).isEqualTo(usage.points());
        assertThat(datasets.reclaimableBytes(volume, points.subList(1, 2))).isBetween(2L * MIB, 3L * MIB);
        assertThat(datasets.snapshots(volume)).as("a dry run").hasSize(2);
    }

    @Test
    void each_refusal_has_its_type() throws IOException {
        DatasetName missing = pool.dataset("no such");
        DatasetName volume = pool.volume("refusing", 8L * MIB, 0, 0);
        datasets.snapshot(List.of(volume.snapshot("p")), Map.of());

        assertThat(datasets.find(missing)).isEmpty();
        assertThat(datasets.find(missing.snapshot("p"))).isEmpty();
        fails(ZfsError.Missing.class, () -> datasets.snapshots(missing));
        fails(ZfsError.Missing.class, () -> datasets.snapshot(List.of(missing.snapshot("p")), Map.of()));
        fails(ZfsError.Missing.class, () -> datasets.setProperty(missing, ID, "x"));
        fails(ZfsError.Missing.class, () -> datasets.cloneSnapshot(volume.snapshot("q"), missing, Map.of()));
        fails(ZfsError.ParentMissing.class, () -> datasets.createVolume(missing.child("x"), VolumeSpec.of(MIB)));
        fails(ZfsError.PoolMissing.class, () -> datasets.createVolume(new DatasetName("nopool/x"), VolumeSpec.of(MIB)));
        failsWith(new ZfsError.AlreadyExists(volume.value()), () -> datasets.createVolume(volume, VolumeSpec.of(MIB)));
        failsWith(
                new ZfsError.AlreadyExists(volume + "@p"),
                () -> datasets.snapshot(List.of(volume.snapshot("p")), Map.of()));
        fails(ZfsError.AlreadyExists.class, () -> datasets.rename(volume, pool.volume("taken", MIB, 0, 0)));
    }

    @Test
    void a_volume_in_use_is_busy() throws Exception {
        DatasetName volume = pool.volume("busy vol", 8L * MIB, 0, 0);
        Guid guid = datasets.find(volume).orElseThrow().guid();
        try (RandomAccessFile open =
                new RandomAccessFile(datasets.device(volume).toFile(), "r")) {
            assertThat(open.length()).isPositive();
            failsWith(new ZfsError.Busy(volume.value()), () -> datasets.destroy(volume, guid));
        }
        pool.run("udevadm", "settle");
        datasets.destroy(volume, guid);
        assertThat(datasets.find(volume)).isEmpty();
    }

    @Test
    void the_version_of_the_module_is_known() {
        assertThat(datasets.version()).isGreaterThanOrEqualTo(new ZfsVersion(2, 1, 0));
    }
}
