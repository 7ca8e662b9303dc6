package org.understudy.server.storage.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.understudy.core.command.Command;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.CloneId;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.zfs.Setting;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.HoldTag;

/** What the store on ZFS does beyond the contract: rollbacks that lose nothing, holds of other hands, a full pool. */
@Tag("store")
class ZfsStoreLab {

    private static StorePool pool;

    private final HostId host = HostId.random();
    private final DiskId disk = new DiskId(host, 0);
    private final CloneId cloneId = new CloneId("takeover-1");
    private DatasetName root;
    private @Nullable ZfsVolumeStore store;
    private PointId first = PointId.random();
    private PointId second = PointId.random();

    @BeforeAll
    static void makePool() throws IOException {
        pool = StorePool.create();
    }

    @AfterAll
    static void destroyPool() {
        pool.close();
    }

    @BeforeEach
    void openNew() {
        root = pool.nextRoot();
        open();
    }

    @AfterEach
    void clear() throws IOException {
        close();
        pool.clear(root);
    }

    private void open() {
        store = pool.open(root, pool.commands);
    }

    private void close() {
        if (store != null) {
            store.close();
            store = null;
        }
    }

    private ZfsVolumeStore store() {
        if (store == null) {
            throw new IllegalStateException("the store is closed");
        }
        return store;
    }

    /** A disk with two points of different contents; the head has a third. */
    private void twoPoints() throws IOException {
        store().createVolume(disk, ByteSize.ofMebibytes(1));
        write(store().headDevice(disk), "one");
        first = store().snapshot(host, PointId.random(), Map.of("n", "1")).point();
        write(store().headDevice(disk), "two");
        second = store().snapshot(host, PointId.random(), Map.of("n", "2")).point();
        write(store().headDevice(disk), "now");
    }

    private static void write(Path device, String text) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(device.toFile(), "rw")) {
            file.write(text.getBytes(StandardCharsets.US_ASCII));
            file.getFD().sync();
        }
    }

    private static String text(Path device) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(device.toFile(), "r")) {
            byte[] data = new byte[3];
            file.readFully(data);
            return new String(data, StandardCharsets.US_ASCII);
        }
    }

    private List<PointId> points() {
        return store().snapshots(host).stream().map(VolumeSnapshot::point).toList();
    }

    private List<String> generations() {
        return pool.zfs.list(root.child("hosts")).stream()
                .map(dataset -> dataset.name().leaf())
                .filter(leaf -> leaf.startsWith("g"))
                .toList();
    }

    private static void refuses(ProblemCode code, ThrowingCallable call) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code));
    }

    @Test
    void a_rollback_keeps_later_points_and_they_can_be_rolled_back_to() throws IOException {
        twoPoints();

        store().rollback(host, Optional.of(first));
        assertThat(points()).containsExactly(first, second);
        assertThat(text(store().headDevice(disk))).isEqualTo("one");
        assertThat(text(store().snapshotDevice(disk, second))).isEqualTo("two");
        PointId third = store().snapshot(host, PointId.random(), Map.of()).point();
        store().rollback(host, Optional.of(second));

        assertThat(text(store().headDevice(disk))).isEqualTo("two");
        assertThat(points()).containsExactly(first, second, third);
        assertThat(generations()).containsExactly("g1", "g2", "g3");
    }

    @Test
    void a_destroyed_point_that_the_head_comes_from_is_gone_at_once_and_freed_later() throws IOException {
        twoPoints();
        store().rollback(host, Optional.of(first));

        store().destroySnapshot(host, first);
        store().destroySnapshot(host, second);

        assertThat(points()).isEmpty();
        refuses(ProblemCode.POINT_NOT_FOUND, () -> store().snapshotDevice(disk, first));
        assertThat(generations()).as("the head needs the first").containsExactly("g1", "g2");
        close();
        open();
        assertThat(points()).isEmpty();
        assertThat(text(store().headDevice(disk))).isEqualTo("one");
        store().rollback(host, Optional.empty());
        assertThat(generations()).as("nothing needs it any more").containsExactly("g3");
        assertThat(pool.zfs.snapshotsBelow(root)).isEmpty();
    }

    @Test
    void holds_are_holds_of_zfs_on_all_parts_and_end_with_their_release() throws IOException {
        twoPoints();

        store().hold(host, first, "restore 7");

        List<Snapshot> parts = pool.zfs.snapshotsBelow(root).stream()
                .filter(snapshot -> snapshot.name().name().equals(first.toString()))
                .toList();
        assertThat(parts).hasSize(2).allSatisfy(part -> assertThat(part.holds()).isEqualTo(1));
        store().release(host, first, "restore 7");
        assertThat(pool.zfs.snapshotsBelow(root))
                .allSatisfy(part -> assertThat(part.holds()).isZero());
    }

    @Test
    void a_hold_from_other_hands_protects_a_point_too() throws IOException {
        twoPoints();
        DatasetName generation = root.child("hosts").child(host.toString()).child("g1");
        pool.zfs.hold(ZfsLayout.point(generation, first), new HoldTag("by-hand"));

        refuses(ProblemCode.POINT_HELD, () -> store().destroySnapshot(host, first));
        refuses(ProblemCode.POINT_HELD, () -> store().destroyHost(host));

        assertThat(points()).containsExactly(first, second);
        assertThat(store().snapshot(host, first).orElseThrow().holds()).containsExactly("by-hand");
    }

    @Test
    void a_point_with_a_clone_made_by_hand_waits_for_it() throws IOException {
        twoPoints();
        DatasetName volume =
                root.child("hosts").child(host.toString()).child("g1").child("disk0");
        DatasetName byHand = root.parent().orElseThrow().child("by hand");
        pool.zfs.cloneSnapshot(ZfsLayout.point(volume, first), byHand, Map.of());

        store().destroySnapshot(host, first);

        assertThat(points()).containsExactly(second);
        assertThat(pool.zfs.find(byHand)).isPresent();
        Waiting.whileBusy(() ->
                pool.zfs.destroy(byHand, pool.zfs.find(byHand).orElseThrow().guid()));
        close();
        open();
        assertThat(pool.zfs.snapshotsBelow(root)).hasSize(2);
    }

    @Test
    void sizes_of_real_disks_are_kept_exactly() throws IOException {
        store().createVolume(disk, new ByteSize(500_107_862_016L));
        store().createVolume(new DiskId(host, 1), new ByteSize(512 * 12345));

        try (RandomAccessFile device =
                new RandomAccessFile(store().headDevice(new DiskId(host, 1)).toFile(), "r")) {
            assertThat(device.length()).isEqualTo(512 * 12345);
        }
        assertThat(store().volumes(host))
                .extracting(volume -> volume.size().bytes())
                .containsExactly(500_107_862_016L, 512L * 12345);
        refuses(ProblemCode.CONFLICT, () -> store().createVolume(new DiskId(host, 2), new ByteSize(1000)));
        refuses(ProblemCode.CONFLICT, () -> store().createVolume(disk, new ByteSize(500_107_862_016L + 512)));
    }

    @Test
    void a_full_pool_is_refused_and_the_reserve_is_spent_and_made_again() throws IOException {
        twoPoints();
        pool.fill();

        assertThat(store().usage().free().bytes()).isZero();
        refuses(ProblemCode.POOL_FULL, () -> store().createVolume(new DiskId(host, 1), ByteSize.ofMebibytes(1)));
        refuses(ProblemCode.POOL_FULL, () -> store().cloneSnapshot(host, first, cloneId));
        store().setProperty(host, first, "verified", "yes");
        store().rollback(host, Optional.of(first));
        store().destroySnapshot(host, second);
        assertThat(store().usage().free().bytes()).isZero();
        assertThat(points()).containsExactly(first);

        pool.makeRoom();
        store().destroySnapshot(host, PointId.random());

        assertThat(pool.zfs.value(root.child("reserve"), "reservation")).isEqualTo(Long.toString(24 << 20));
        assertThat(store().usage().free().bytes()).isPositive();
    }

    @Test
    void a_root_that_is_not_ours_and_a_second_server_are_refused() throws IOException {
        DatasetName other = pool.nextRoot();
        pool.zfs.createFileSystem(other, List.of(Setting.Fixed.NOT_MOUNTED), Map.of());

        refuses(ProblemCode.POOL_UNAVAILABLE, () -> pool.open(other, pool.commands));
        refuses(ProblemCode.POOL_UNAVAILABLE, () -> pool.open(root, pool.commands));
        refuses(
                ProblemCode.POOL_UNAVAILABLE,
                () -> pool.open(new DatasetName("no such pool/understudy"), pool.commands));

        assertThat(pool.zfs.find(other.child("hosts"))).isEmpty();
        pool.clear(other);
    }

    @Test
    void an_unmounted_generation_is_mounted_again() throws IOException {
        twoPoints();
        Files.writeString(store().headMeta(host).resolve("manifest"), "m");
        pool.commands
                .run(Command.of(
                        "zfs",
                        "unmount",
                        root.child("hosts").child(host.toString()).child("g1").value()))
                .orThrow();

        assertThat(store().headMeta(host).resolve("manifest")).hasContent("m");
    }
}
