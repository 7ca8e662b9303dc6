package org.understudy.server.storage.zfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.CloneId;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.zfs.Snapshot;
import org.understudy.zfs.name.DatasetName;

/** The server dies before each change of each operation in turn; the next one finds everything whole and nothing left over. */
@Tag("store")
class ZfsCrashLab {

    private static StorePool pool;

    private final CloneId cloneId = new CloneId("takeover-1");
    private HostId host = HostId.random();
    private DiskId disk = new DiskId(host, 0);
    private DatasetName root;
    private KillingRunner runner;
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
        runner = new KillingRunner(pool.commands);
        store = pool.open(root, runner);
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

    private interface Operation {
        void run() throws IOException;
    }

    /**
     * Prepares, kills the operation before its first change, opens the store, looks, and ends the operation; then with a new host
     * before its second change, and so on until it ends by itself.
     */
    private void killedAtEveryStep(
            TestReporter reporter, Operation prepare, Operation operation, Operation look, Operation done)
            throws IOException {
        boolean ended = false;
        int changes = 0;
        for (; !ended; changes++) {
            host = HostId.random();
            disk = new DiskId(host, 0);
            prepare.run();
            runner.killAfter(changes);
            try {
                operation.run();
                ended = true;
                runner.killAfter(Integer.MAX_VALUE);
            } catch (KillingRunner.Killed expected) {
                close();
                open();
                look.run();
                operation.run();
            }
            done.run();
            look.run();
        }
        assertThat(changes).isGreaterThan(1);
        reporter.publishEntry("killed", Integer.toString(changes - 1));
    }

    /** A disk with two points of different contents; the head has a third. */
    private void twoPoints() throws IOException {
        store().createVolume(disk, ByteSize.ofMebibytes(1));
        write("one");
        first = store().snapshot(host, PointId.random(), Map.of()).point();
        write("two");
        second = store().snapshot(host, PointId.random(), Map.of()).point();
        write("now");
    }

    private void write(String text) throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(store().headDevice(disk).toFile(), "rw")) {
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

    private List<Snapshot> snapshots() {
        return pool.zfs.snapshotsBelow(root.child("hosts").child(host.toString()));
    }

    private long generations() {
        return pool.zfs.list(root.child("hosts").child(host.toString())).stream()
                        .filter(dataset -> !dataset.isVolume())
                        .count()
                - 1;
    }

    private void bothPointsAreWhole() throws IOException {
        assertThat(points()).containsExactly(first, second);
        assertThat(text(store().snapshotDevice(disk, first))).isEqualTo("one");
        assertThat(text(store().snapshotDevice(disk, second))).isEqualTo("two");
    }

    /** Each that is there counts, and is writable only as a whole. */
    private void noCloneIsLeftOver() throws IOException {
        bothPointsAreWhole();
        assertThat(pool.zfs.list(root.child("clones")))
                .hasSize(1 + 2 * store().clones().size());
    }

    @Test
    void while_a_volume_is_made(TestReporter reporter) throws IOException {
        killedAtEveryStep(
                reporter,
                () -> {},
                () -> store().createVolume(disk, ByteSize.ofMebibytes(1)),
                () -> assertThat(store().volumes(host)).hasSizeLessThanOrEqualTo(1),
                () -> {
                    write("now");
                    assertThat(store().headMeta(host)).isEmptyDirectory();
                });
    }

    @Test
    void while_rolling_back(TestReporter reporter) throws IOException {
        killedAtEveryStep(
                reporter,
                this::twoPoints,
                () -> store().rollback(host, Optional.of(first)),
                () -> {
                    bothPointsAreWhole();
                    assertThat(text(store().headDevice(disk))).isIn("now", "one");
                    assertThat(generations()).isLessThanOrEqualTo(2);
                },
                () -> assertThat(text(store().headDevice(disk))).isEqualTo("one"));
    }

    @Test
    void while_destroying_a_point(TestReporter reporter) throws IOException {
        killedAtEveryStep(
                reporter,
                this::twoPoints,
                () -> store().destroySnapshot(host, first),
                () -> {
                    assertThat(points()).contains(second).isSubsetOf(first, second);
                    assertThat(snapshots()).hasSize(2 * points().size());
                    assertThat(text(store().headDevice(disk))).isEqualTo("now");
                    assertThat(text(store().snapshotDevice(disk, second))).isEqualTo("two");
                },
                () -> assertThat(points()).containsExactly(second));
    }

    @Test
    void while_cloning(TestReporter reporter) throws IOException {
        killedAtEveryStep(
                reporter,
                this::twoPoints,
                () -> store().cloneSnapshot(host, first, cloneId),
                this::noCloneIsLeftOver,
                () -> {
                    assertThat(text(store().cloneDevice(cloneId, disk))).isEqualTo("one");
                    store().destroyClone(cloneId);
                });
    }

    @Test
    void while_discarding_a_clone(TestReporter reporter) throws IOException {
        killedAtEveryStep(
                reporter,
                () -> {
                    twoPoints();
                    store().cloneSnapshot(host, first, cloneId);
                },
                () -> store().destroyClone(cloneId),
                this::noCloneIsLeftOver,
                () -> assertThat(store().clones()).isEmpty());
    }

    @Test
    void while_a_long_hold_is_released(TestReporter reporter) throws IOException {
        String tag = "界".repeat(60);
        killedAtEveryStep(
                reporter,
                () -> {
                    twoPoints();
                    store().hold(host, first, tag);
                },
                () -> store().release(host, first, tag),
                this::bothPointsAreWhole,
                () -> {
                    assertThat(snapshots())
                            .allSatisfy(part -> assertThat(part.holds()).isZero());
                    store().hold(host, first, tag);
                    assertThat(store().snapshot(host, first).orElseThrow().holds())
                            .containsExactly(tag);
                });
    }

    @Test
    void while_destroying_a_host_with_a_history(TestReporter reporter) throws IOException {
        killedAtEveryStep(
                reporter,
                () -> {
                    twoPoints();
                    store().rollback(host, Optional.of(first));
                },
                () -> store().destroyHost(host),
                () -> assertThat(points()).isSubsetOf(first, second),
                () -> {
                    assertThat(store().hosts()).isEmpty();
                    assertThat(pool.zfs.list(root.child("hosts"))).hasSize(1);
                });
    }
}
