package org.understudy.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.VolumeStore.Capability;

/** What every {@link VolumeStore} must do: one test for each sentence of the interface. */
public abstract class VolumeStoreContract {

    private static final int MIB = 1 << 20;
    private static final Charset UTF = StandardCharsets.UTF_8;

    protected final HostId host = HostId.random();
    protected final DiskId disk0 = new DiskId(host, 0);
    protected final DiskId disk1 = new DiskId(host, 1);

    /** The store under test, on a pool that was empty when the test began. */
    protected abstract VolumeStore store();

    /** Ends the store and opens the same pool again, as a restart of the server does. */
    protected abstract void reopen();

    /** Uses up the pool until {@link PoolUsage#free} is 0. */
    protected abstract void fillPool() throws IOException;

    @Test
    void anEmptyPoolHoldsNothing() {
        assertThat(store().hosts()).isEmpty();
        assertThat(store().clones()).isEmpty();
        assertThat(store().volumes(host)).isEmpty();
        assertThat(store().snapshots(host)).isEmpty();
        assertThat(store().snapshot(host, PointId.random())).isEmpty();
    }

    @Test
    void usageTellsWhatThePoolIsAndHowFullItIs() throws IOException {
        PoolUsage before = store().usage();
        assertThat(before.kind()).isNotBlank();
        assertThat(before.total().bytes()).isPositive();
        assertThat(before.free().bytes())
                .isPositive()
                .isLessThanOrEqualTo(before.total().bytes());

        store().createVolume(disk0, ByteSize.ofMebibytes(64));
        write(store().headDevice(disk0), 0, random(24 * MIB, 1));
        store().snapshot(host, PointId.random(), Map.of());

        PoolUsage after = store().usage();
        assertThat(after.used().bytes() - before.used().bytes()).isGreaterThanOrEqualTo(20L * MIB);
        assertThat(before.free().bytes() - after.free().bytes()).isGreaterThanOrEqualTo(20L * MIB);
    }

    @Test
    void aNewVolumeHasItsSizeAndIsAllZeros() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(3));

        assertThat(store().volumes(host)).containsExactly(new Volume(disk0, ByteSize.ofMebibytes(3)));
        assertThat(Files.readAllBytes(store().headDevice(disk0)))
                .hasSize(3 * MIB)
                .containsOnly(0);
        assertThat(store().hosts()).containsExactly(host);
    }

    @Test
    void aVolumeTakesNoSpaceBeforeItIsWritten() {
        store().createVolume(disk0, new ByteSize(1L << 40));

        assertThat(store().volumes(host)).containsExactly(new Volume(disk0, new ByteSize(1L << 40)));
        assertThat(store().usage().used().bytes()).isLessThan(64L * MIB);
    }

    @Test
    void creatingAVolumeAgainKeepsItsContents() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(2));
        write(store().headDevice(disk0), 4096, "kept".getBytes(UTF));

        store().createVolume(disk0, ByteSize.ofMebibytes(2));

        assertThat(text(store().headDevice(disk0), 4096, 4)).isEqualTo("kept");
    }

    @Test
    void aVolumeGrowsWithZerosAndKeepsItsContents() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        write(store().headDevice(disk0), MIB - 4, "last".getBytes(UTF));

        store().createVolume(disk0, ByteSize.ofMebibytes(2));

        assertThat(store().volumes(host)).containsExactly(new Volume(disk0, ByteSize.ofMebibytes(2)));
        assertThat(text(store().headDevice(disk0), MIB - 4, 4)).isEqualTo("last");
        assertThat(read(store().headDevice(disk0), MIB, MIB)).containsOnly(0);
    }

    @Test
    void aVolumeNeverShrinks() {
        store().createVolume(disk0, ByteSize.ofMebibytes(2));

        refuses(ProblemCode.CONFLICT, () -> store().createVolume(disk0, ByteSize.ofMebibytes(1)));

        assertThat(store().volumes(host)).containsExactly(new Volume(disk0, ByteSize.ofMebibytes(2)));
    }

    @Test
    void volumesAreListedInTheOrderOfTheirNumbers() {
        for (int number : List.of(10, 2, 0, 255)) {
            store().createVolume(new DiskId(host, number), ByteSize.ofMebibytes(1));
        }

        assertThat(store().volumes(host)).extracting(v -> v.disk().number()).containsExactly(0, 2, 10, 255);
    }

    @Test
    void whatDoesNotExistIsRefusedByNameAndNothingElse() {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId none = PointId.random();
        DiskId foreign = new DiskId(HostId.random(), 0);

        refuses(ProblemCode.VOLUME_NOT_FOUND, () -> store().headDevice(disk1));
        refuses(ProblemCode.VOLUME_NOT_FOUND, () -> store().headDevice(foreign));
        refuses(ProblemCode.VOLUME_NOT_FOUND, () -> store().headMeta(foreign.host()));
        refuses(ProblemCode.VOLUME_NOT_FOUND, () -> store().snapshot(foreign.host(), none, Map.of()));
        refuses(ProblemCode.POINT_NOT_FOUND, () -> store().snapshotDevice(disk0, none));
        refuses(ProblemCode.POINT_NOT_FOUND, () -> store().snapshotMeta(host, none));
        refuses(ProblemCode.POINT_NOT_FOUND, () -> store().setProperty(host, none, "a", "b"));
        refuses(ProblemCode.POINT_NOT_FOUND, () -> store().removeProperty(host, none, "a"));
        refuses(ProblemCode.POINT_NOT_FOUND, () -> store().hold(host, none, "pin"));
        refuses(ProblemCode.POINT_NOT_FOUND, () -> store().rollback(host, Optional.of(none)));
        refuses(ProblemCode.POINT_NOT_FOUND, () -> store().cloneSnapshot(host, none, new CloneId("c")));
        refuses(ProblemCode.VOLUME_NOT_FOUND, () -> store().cloneDevice(new CloneId("c"), disk0));
        assertThat(store().hosts()).containsExactly(host);
    }

    @Test
    void removingWhatIsNotThereSucceeds() {
        assertThatCode(() -> {
                    store().destroySnapshot(host, PointId.random());
                    store().release(host, PointId.random(), "pin");
                    store().destroyClone(new CloneId("never-made"));
                    store().destroyHost(host);
                    store().rollback(host, Optional.empty());
                })
                .doesNotThrowAnyException();
        assertThat(store().hosts()).isEmpty();
    }

    @Test
    void aSnapshotHoldsAllVolumesAndMetaOfOneInstant() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        store().createVolume(disk1, ByteSize.ofMebibytes(2));
        writeHead("first");

        VolumeSnapshot first = store().snapshot(host, PointId.random(), Map.of("taken", "2026-11-20T00:00:00Z"));
        writeHead("other");
        VolumeSnapshot second = store().snapshot(host, PointId.random(), Map.of());
        writeHead("third");

        assertPoint(first.point(), "first");
        assertPoint(second.point(), "other");
        assertThat(text(store().headDevice(disk1), 512, 5)).isEqualTo("third");
        assertThat(first)
                .isEqualTo(new VolumeSnapshot(host, first.point(), Map.of("taken", "2026-11-20T00:00:00Z"), Set.of()));
        assertThat(length(store().snapshotDevice(disk1, first.point()))).isEqualTo(2L * MIB);
    }

    @Test
    void aSnapshotDoesNotTearWritesThatRunMeanwhile() throws Exception {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        store().createVolume(disk1, ByteSize.ofMebibytes(1));
        try (RandomAccessFile a = new RandomAccessFile(store().headDevice(disk0).toFile(), "rw");
                RandomAccessFile b =
                        new RandomAccessFile(store().headDevice(disk1).toFile(), "rw")) {
            List<PointId> points = new ArrayList<>();
            long n = 0;
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 50; i++) {
                    n++;
                    a.seek(0);
                    a.writeLong(n);
                    b.seek(0);
                    b.writeLong(n);
                }
                a.getFD().sync();
                b.getFD().sync();
                PointId point = PointId.random();
                store().snapshot(host, point, Map.of("n", Long.toString(n)));
                points.add(point);
            }
            for (PointId point : points) {
                String expected =
                        store().snapshot(host, point).orElseThrow().properties().get("n");
                assertThat(longAt(store().snapshotDevice(disk0, point))).hasToString(expected);
                assertThat(longAt(store().snapshotDevice(disk1, point))).hasToString(expected);
            }
        }
    }

    @Test
    void snapshottingAgainUnderTheSameIdChangesNothing() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        store().createVolume(disk1, ByteSize.ofMebibytes(1));
        writeHead("first");
        PointId point = PointId.random();
        VolumeSnapshot made = store().snapshot(host, point, Map.of("a", "1"));
        writeHead("later");

        assertThat(store().snapshot(host, point, Map.of("a", "1"))).isEqualTo(made);

        assertPoint(point, "first");
        assertThat(store().snapshots(host)).containsExactly(made);
    }

    @Test
    void snapshotsAreListedOldestFirstAndStayAfterAReopen() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        List<PointId> made = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            made.add(store().snapshot(host, PointId.random(), Map.of("i", "" + i))
                    .point());
        }
        assertThat(store().snapshots(host)).extracting(VolumeSnapshot::point).containsExactlyElementsOf(made);

        store().destroySnapshot(host, made.remove(11));
        reopen();
        made.add(store().snapshot(host, PointId.random(), Map.of()).point());

        assertThat(store().snapshots(host)).extracting(VolumeSnapshot::point).containsExactlyElementsOf(made);
        assertThat(store().volumes(host)).hasSize(1);
        assertThat(store().hosts()).containsExactly(host);
    }

    @Test
    void snapshotDevicesCannotBeWrittenThroughTheStore() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId point = store().snapshot(host, PointId.random(), Map.of()).point();

        assertThat(store().snapshotDevice(disk0, point)).exists().isNotEqualTo(store().headDevice(disk0));
        assertThat(Files.isDirectory(store().snapshotDevice(disk0, point))).isFalse();
        refuses(ProblemCode.VOLUME_NOT_FOUND, () -> store().snapshotDevice(disk1, point));
        assertReadOnly(store().snapshotDevice(disk0, point));
        assertReadOnly(store().snapshotMeta(host, point).resolve("new"));
    }

    @Test
    void propertiesAreSetChangedRemovedAndSurviveAReopen() {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId point = store().snapshot(host, PointId.random(), Map.of("a", "1", "b.c-d", ""))
                .point();

        store().setProperty(host, point, "a", "2");
        store().setProperty(host, point, "a", "2");
        store().setProperty(host, point, "reason", "备份 = \"q\" \\ $x: #;");
        store().removeProperty(host, point, "b.c-d");
        store().removeProperty(host, point, "b.c-d");
        reopen();

        assertThat(store().snapshot(host, point).orElseThrow().properties())
                .containsOnly(Map.entry("a", "2"), Map.entry("reason", "备份 = \"q\" \\ $x: #;"));
    }

    @Test
    void keysAndValuesOutsideTheRulesAreRefused() {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId point = store().snapshot(host, PointId.random(), Map.of()).point();

        for (String key : List.of("", "A", "1a", "a b", "a=b", "ä", "a\n", "a".repeat(65))) {
            assertThatIllegalArgumentException().isThrownBy(() -> store().setProperty(host, point, key, "v"));
        }
        for (String value : List.of("a\nb", "\t", "\u0000", "x".repeat(1025))) {
            assertThatIllegalArgumentException().isThrownBy(() -> store().setProperty(host, point, "k", value));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> store().snapshot(host, PointId.random(), Map.of("k", value)));
        }
        store().setProperty(host, point, "a".repeat(64), "x".repeat(1024));

        assertThat(store().snapshots(host)).hasSize(1);
        assertThat(store().snapshot(host, point).orElseThrow().properties())
                .containsOnly(Map.entry("a".repeat(64), "x".repeat(1024)));
    }

    @Test
    void aHoldForbidsDestructionUntilTheSameTagIsReleased() {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId point = store().snapshot(host, PointId.random(), Map.of()).point();
        store().hold(host, point, "pin");
        store().hold(host, point, "pin");
        store().hold(host, point, "restore 7");
        store().hold(host, point, "-备份_%, @/".repeat(12));
        reopen();

        assertThat(store().snapshot(host, point).orElseThrow().holds())
                .containsOnly("pin", "restore 7", "-备份_%, @/".repeat(12));
        store().release(host, point, "-备份_%, @/".repeat(12));
        assertThat(store().snapshot(host, point).orElseThrow().holds()).containsOnly("pin", "restore 7");
        refuses(ProblemCode.POINT_HELD, () -> store().destroySnapshot(host, point));
        store().release(host, point, "restore 7");
        store().release(host, point, "other");
        refuses(ProblemCode.POINT_HELD, () -> store().destroySnapshot(host, point));
        refuses(ProblemCode.POINT_HELD, () -> store().destroyHost(host));
        assertThat(store().snapshots(host)).hasSize(1);
        store().release(host, point, "pin");
        store().release(host, point, "pin");

        store().destroySnapshot(host, point);
        store().destroySnapshot(host, point);

        assertThat(store().snapshots(host)).isEmpty();
        refuses(ProblemCode.POINT_NOT_FOUND, () -> store().snapshotDevice(disk0, point));
    }

    @Test
    void destroyingASnapshotLeavesTheOthersAndTheHead() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        store().createVolume(disk1, ByteSize.ofMebibytes(1));
        writeHead("first");
        PointId first = store().snapshot(host, PointId.random(), Map.of()).point();
        writeHead("other");
        PointId second = store().snapshot(host, PointId.random(), Map.of()).point();

        store().destroySnapshot(host, first);
        reopen();

        assertPoint(second, "other");
        assertThat(text(store().headDevice(disk0), 512, 5)).isEqualTo("other");
        assertThat(store().snapshots(host)).extracting(VolumeSnapshot::point).containsExactly(second);
    }

    @Test
    void rollbackMakesTheHeadEqualToThePoint() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        store().createVolume(disk1, ByteSize.ofMebibytes(1));
        writeHead("first");
        PointId point = store().snapshot(host, PointId.random(), Map.of()).point();
        writeHead("wrong");
        Files.writeString(store().headMeta(host).resolve("extra"), "x");
        store().createVolume(disk1, ByteSize.ofMebibytes(5));
        store().createVolume(new DiskId(host, 2), ByteSize.ofMebibytes(1));

        store().rollback(host, Optional.of(point));
        store().rollback(host, Optional.of(point));

        assertThat(text(store().headDevice(disk0), 512, 5)).isEqualTo("first");
        assertThat(text(store().headDevice(disk1), 512, 5)).isEqualTo("first");
        assertThat(store().headMeta(host)).isDirectoryContaining(p -> p.endsWith("manifest"));
        assertThat(store().headMeta(host).resolve("extra")).doesNotExist();
        assertThat(store().volumes(host))
                .containsExactly(
                        new Volume(disk0, ByteSize.ofMebibytes(1)), new Volume(disk1, ByteSize.ofMebibytes(1)));
        writeHead("again");
        assertPoint(point, "first");
    }

    @Test
    void rollbackToNothingMakesAllVolumesZeroAndMetaEmpty() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        store().createVolume(disk1, ByteSize.ofMebibytes(2));
        writeHead("wrong");

        store().rollback(host, Optional.empty());

        assertThat(store().volumes(host))
                .containsExactly(
                        new Volume(disk0, ByteSize.ofMebibytes(1)), new Volume(disk1, ByteSize.ofMebibytes(2)));
        assertThat(Files.readAllBytes(store().headDevice(disk1))).containsOnly(0);
        assertThat(store().headMeta(host)).isEmptyDirectory();
    }

    @Test
    void aCloneIsAWritableCopyThatChangesNothingElse() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        store().createVolume(disk1, ByteSize.ofMebibytes(1));
        writeHead("first");
        PointId point = store().snapshot(host, PointId.random(), Map.of()).point();
        CloneId id = new CloneId("takeover-1");

        VolumeClone clone = store().cloneSnapshot(host, point, id);
        VolumeClone other = store().cloneSnapshot(host, point, new CloneId("takeover-2"));
        write(store().cloneDevice(id, disk0), 512, "clone".getBytes(UTF));
        reopen();

        assertThat(clone).isEqualTo(new VolumeClone(id, host, point));
        assertThat(store().clones()).containsExactlyInAnyOrder(clone, other);
        assertThat(text(store().cloneDevice(id, disk0), 512, 5)).isEqualTo("clone");
        assertThat(text(store().cloneDevice(id, disk1), 512, 5)).isEqualTo("first");
        assertThat(text(store().cloneDevice(other.id(), disk0), 512, 5)).isEqualTo("first");
        assertPoint(point, "first");
        refuses(ProblemCode.VOLUME_NOT_FOUND, () -> store().cloneDevice(id, new DiskId(HostId.random(), 0)));
        refuses(ProblemCode.VOLUME_NOT_FOUND, () -> store().cloneDevice(id, new DiskId(host, 9)));
    }

    @Test
    void cloningAgainIsTheSameCloneUnlessTheOriginDiffers() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId first = store().snapshot(host, PointId.random(), Map.of()).point();
        PointId second = store().snapshot(host, PointId.random(), Map.of()).point();
        CloneId id = new CloneId("c");
        store().cloneSnapshot(host, first, id);
        write(store().cloneDevice(id, disk0), 0, "mine".getBytes(UTF));

        assertThat(store().cloneSnapshot(host, first, id)).isEqualTo(new VolumeClone(id, host, first));
        refuses(ProblemCode.CONFLICT, () -> store().cloneSnapshot(host, second, id));

        assertThat(text(store().cloneDevice(id, disk0), 0, 4)).isEqualTo("mine");
    }

    @Test
    void aCloneForbidsTheDestructionOfItsOrigin() {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId point = store().snapshot(host, PointId.random(), Map.of()).point();
        CloneId id = new CloneId("c");
        store().cloneSnapshot(host, point, id);

        refuses(ProblemCode.POINT_HELD, () -> store().destroySnapshot(host, point));
        refuses(ProblemCode.POINT_HELD, () -> store().destroyHost(host));
        store().destroyClone(id);
        store().destroyClone(id);
        store().destroySnapshot(host, point);

        assertThat(store().clones()).isEmpty();
        assertThat(store().snapshots(host)).isEmpty();
    }

    @Test
    void destroyingAHostRemovesAllOfItAndNothingOfOthers() throws IOException {
        DiskId foreign = new DiskId(HostId.random(), 0);
        store().createVolume(foreign, ByteSize.ofMebibytes(1));
        write(store().headDevice(foreign), 0, "safe".getBytes(UTF));
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        store().snapshot(host, PointId.random(), Map.of());
        store().snapshot(host, PointId.random(), Map.of());

        store().destroyHost(host);
        store().destroyHost(host);
        reopen();

        assertThat(store().hosts()).containsExactly(foreign.host());
        assertThat(store().snapshots(host)).isEmpty();
        assertThat(store().volumes(host)).isEmpty();
        assertThat(text(store().headDevice(foreign), 0, 4)).isEqualTo("safe");
    }

    @Test
    void changedExtentsNeverMissADifference() throws IOException {
        assumeTrue(store().capabilities().contains(Capability.CHANGED_EXTENTS));
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int size = 8 * MIB;
        store().createVolume(disk0, new ByteSize(size));
        store().createVolume(disk1, new ByteSize(size));
        write(store().headDevice(disk0), 0, random(size / 2, 7));
        List<PointId> points = new ArrayList<>();
        List<byte[]> images = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < random.nextInt(6); i++) {
                int length = 1 + random.nextInt(200_000);
                byte[] data = random.nextInt(4) == 0 ? new byte[length] : random(length, random.nextInt());
                write(store().headDevice(disk0), random.nextInt(size - length), data);
            }
            if (round == 3) {
                store().rollback(host, Optional.of(points.get(0)));
            }
            PointId point = store().snapshot(host, PointId.random(), Map.of()).point();
            points.add(point);
            images.add(Files.readAllBytes(store().snapshotDevice(disk0, point)));
        }
        for (int from = 0; from < points.size(); from++) {
            for (int to = 0; to < points.size(); to++) {
                ExtentSet changed = store().changedExtents(disk0, points.get(from), points.get(to));
                assertThat(difference(images.get(from), images.get(to)).subtract(changed))
                        .as("missed between %d and %d, seed %d", from, to, seed)
                        .isEqualTo(ExtentSet.empty());
                assertThat(changed.subtract(ExtentSet.of(new Extent(0, size)))).isEqualTo(ExtentSet.empty());
            }
        }
        assertThat(store().changedExtents(disk1, points.get(0), points.get(4))).isEqualTo(ExtentSet.empty());
    }

    @Test
    void changedExtentsCoverGrowthAndRollbackToNothing() throws IOException {
        assumeTrue(store().capabilities().contains(Capability.CHANGED_EXTENTS));
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        write(store().headDevice(disk0), 0, random(MIB, 3));
        PointId full = store().snapshot(host, PointId.random(), Map.of()).point();
        store().createVolume(disk0, ByteSize.ofMebibytes(2));
        PointId grown = store().snapshot(host, PointId.random(), Map.of()).point();
        store().rollback(host, Optional.empty());
        PointId zeros = store().snapshot(host, PointId.random(), Map.of()).point();

        assertThat(covers(store().changedExtents(disk0, full, grown), MIB, 2 * MIB))
                .isTrue();
        assertThat(covers(store().changedExtents(disk0, grown, full), MIB, 2 * MIB))
                .isTrue();
        assertThat(covers(store().changedExtents(disk0, grown, zeros), 0, MIB)).isTrue();
        refuses(ProblemCode.POINT_NOT_FOUND, () -> store().changedExtents(disk0, full, PointId.random()));
        refuses(ProblemCode.VOLUME_NOT_FOUND, () -> store().changedExtents(disk1, full, grown));
    }

    @Test
    void withoutTheCapabilityChangedExtentsAreRefused() {
        assumeTrue(!store().capabilities().contains(Capability.CHANGED_EXTENTS));
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId point = store().snapshot(host, PointId.random(), Map.of()).point();

        refuses(ProblemCode.CAPABILITY_MISSING, () -> store().changedExtents(disk0, point, point));
    }

    @Test
    void aFullPoolRefusesNewVolumesAndClonesButFinishesAndFrees() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        write(store().headDevice(disk0), 0, "safe".getBytes(UTF));
        PointId point = store().snapshot(host, PointId.random(), Map.of()).point();
        fillPool();

        assertThat(store().usage().free().bytes()).isZero();
        refuses(ProblemCode.POOL_FULL, () -> store().createVolume(disk1, ByteSize.ofMebibytes(1)));
        refuses(ProblemCode.POOL_FULL, () -> store().createVolume(disk0, ByteSize.ofMebibytes(2)));
        refuses(ProblemCode.POOL_FULL, () -> store().cloneSnapshot(host, point, new CloneId("c")));
        assertThat(store().clones()).isEmpty();
        assertThat(store().volumes(host)).containsExactly(new Volume(disk0, ByteSize.ofMebibytes(1)));
        assertThat(text(store().snapshotDevice(disk0, point), 0, 4)).isEqualTo("safe");

        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId last =
                store().snapshot(host, PointId.random(), Map.of("k", "v")).point();
        store().setProperty(host, point, "verified", "yes");
        store().rollback(host, Optional.of(point));
        store().destroySnapshot(host, last);
        assertThat(store().snapshots(host)).extracting(VolumeSnapshot::point).containsExactly(point);
    }

    @Test
    void operationsOnOneHostFromManyThreadsDoNotDisturbEachOther() throws Exception {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId shared = store().snapshot(host, PointId.random(), Map.of()).point();
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                String name = "t" + i;
                work.add(() -> {
                    store().setProperty(host, shared, name, "1");
                    store().hold(host, shared, name);
                    PointId own = store().snapshot(host, PointId.random(), Map.of("by", name))
                            .point();
                    store().cloneSnapshot(host, own, new CloneId(name));
                    store().cloneSnapshot(host, shared, new CloneId("same"));
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }

        VolumeSnapshot snapshot = store().snapshot(host, shared).orElseThrow();
        assertThat(snapshot.properties()).hasSize(6);
        assertThat(snapshot.holds()).hasSize(6);
        assertThat(store().snapshots(host)).hasSize(7);
        assertThat(store().clones()).hasSize(7);
    }

    protected static void refuses(ProblemCode code, ThrowingCallable call) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code));
    }

    private void writeHead(String text) throws IOException {
        write(store().headDevice(disk0), 512, text.getBytes(UTF));
        write(store().headDevice(disk1), 512, text.getBytes(UTF));
        Files.writeString(store().headMeta(host).resolve("manifest"), text);
    }

    private void assertPoint(PointId point, String text) throws IOException {
        assertThat(text(store().snapshotDevice(disk0, point), 512, 5)).isEqualTo(text);
        assertThat(text(store().snapshotDevice(disk1, point), 512, 5)).isEqualTo(text);
        assertThat(store().snapshotMeta(host, point).resolve("manifest")).hasContent(text);
    }

    /** Read-only below, or at least by its mode where no file system enforces it for root. */
    private static void assertReadOnly(Path path) {
        Path existing = Files.exists(path) ? path : path.getParent();
        try {
            if (Files.getPosixFilePermissions(existing).stream()
                    .noneMatch(p -> p.name().endsWith("_WRITE"))) {
                return;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> Files.writeString(path, "x"));
    }

    protected static void write(Path file, long offset, byte[] data) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.seek(offset);
            out.write(data);
            out.getFD().sync();
        }
    }

    protected static byte[] read(Path file, long offset, int length) throws IOException {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            byte[] data = new byte[length];
            in.seek(offset);
            in.readFully(data);
            return data;
        }
    }

    protected static String text(Path file, long offset, int length) throws IOException {
        return new String(read(file, offset, length), UTF);
    }

    /** Of a regular file or a block device. */
    protected static long length(Path file) throws IOException {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            return in.length();
        }
    }

    private static long longAt(Path file) throws IOException {
        return ByteBuffer.wrap(read(file, 0, Long.BYTES)).getLong();
    }

    protected static byte[] random(int length, long seed) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    private static boolean covers(ExtentSet set, long start, long end) {
        return ExtentSet.of(Extent.between(start, end)).subtract(set).isEmpty();
    }

    private static ExtentSet difference(byte[] a, byte[] b) {
        List<Extent> different = new ArrayList<>();
        for (int i = 0; i < a.length; i++) {
            if (a[i] != b[i]) {
                different.add(new Extent(i, 1));
            }
        }
        return ExtentSet.of(different);
    }
}
