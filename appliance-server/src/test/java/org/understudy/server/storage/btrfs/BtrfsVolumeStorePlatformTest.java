package org.understudy.server.storage.btrfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.CloneId;
import org.understudy.server.storage.StorageSettings;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.server.storage.VolumeStore;
import org.understudy.server.storage.VolumeStoreContract;

@Tag("platform")
class BtrfsVolumeStorePlatformTest extends VolumeStoreContract {

    private static final DataSize POOL_SIZE = DataSize.ofMegabytes(512);

    /** Spaces and other letters in the path, as administrators have them. */
    @TempDir
    Path temporary;

    private final CommandRunner runner = new ProcessCommandRunner();
    private @Nullable BtrfsVolumeStore store;

    private Path data() {
        return temporary.resolve("data ü");
    }

    private PoolLayout layout() {
        return new PoolLayout(data().resolve("pool"));
    }

    private StorageSettings settings() {
        return new StorageSettings("btrfs", null, POOL_SIZE, null, null, null, null);
    }

    @BeforeEach
    void open() {
        store = BtrfsVolumeStore.open(runner, settings(), data());
    }

    /** Also after a failure: nothing may stay mounted or attached. */
    @AfterEach
    void takeDown() {
        close();
        runner.run(Command.of("umount", layout().mount().toString()));
        detachAll();
    }

    private void detachAll() {
        for (BtrfsParser.Loop loop : loops()) {
            runner.run(BtrfsCommands.detachLoop(loop.device()));
        }
    }

    private List<BtrfsParser.Loop> loops() {
        Path file = data().resolve("pool.img");
        return Files.exists(file)
                ? BtrfsParser.loops(runner.run(BtrfsCommands.listLoops(file)).output())
                : List.of();
    }

    private void close() {
        if (store != null) {
            store.close();
            store = null;
        }
    }

    @Override
    protected VolumeStore store() {
        if (store == null) {
            throw new IllegalStateException("the store is closed");
        }
        return store;
    }

    @Override
    protected void reopen() {
        close();
        open();
    }

    @Override
    protected void fillPool() throws IOException {
        byte[] data = random(1 << 20, 1);
        try (OutputStream out = Files.newOutputStream(layout().mount().resolve("filler"))) {
            while (true) {
                out.write(data);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left on device");
        }
    }

    @Test
    void nothingStaysMountedOrAttachedAfterAnOrderlyEnd() {
        close();

        assertThat(runner.run(BtrfsCommands.findMount(layout().mount())).exitStatus())
                .isEqualTo(1);
        assertThat(loops()).isEmpty();
    }

    @Test
    void whatACrashedServerLeftMountedIsUsedAgain() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        close();
        Path device = Path.of(runner.run(BtrfsCommands.attachLoop(data().resolve("pool.img"), true))
                .orThrow()
                .output()
                .strip());
        runner.run(BtrfsCommands.mount(device, layout().mount())).orThrow();

        open();

        assertThat(loops()).extracting(BtrfsParser.Loop::device).containsExactly(device);
        assertThat(store().volumes(host)).hasSize(1);
        assertThat(store().usage().kind()).startsWith("btrfs on " + device);
    }

    @Test
    void aSecondServerIsKeptOutOfThePool() {
        refuses(ProblemCode.POOL_UNAVAILABLE, () -> BtrfsVolumeStore.open(runner, settings(), data()));
    }

    @Test
    void aPoolInUseStaysMountedAtTheEndAndIsFoundAgain() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        try (var busy = Files.newInputStream(store().headDevice(disk0))) {
            close();
            assertThat(busy.read()).isZero();
            assertThat(runner.run(BtrfsCommands.findMount(layout().mount())).exitStatus())
                    .isZero();
        }

        open();

        assertThat(store().volumes(host)).hasSize(1);
    }

    @Test
    void halfMadeSnapshotsAndClonesAreRemovedAtOpen() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId whole = store().snapshot(host, PointId.random(), Map.of()).point();
        PointId half = PointId.random();
        Subvolumes subvolumes = new Subvolumes(runner, layout().mount());
        subvolumes.readOnlySnapshot(layout().head(host), layout().point(host, half));
        subvolumes.snapshot(layout().head(host), layout().clone(new CloneId("half")));
        Files.writeString(layout().points(host).resolve(half + ".json.tmp"), "{\"seq");
        HostId emptyHost = HostId.random();
        Files.createDirectories(layout().points(emptyHost));

        reopen();

        assertThat(store().snapshots(host)).extracting(VolumeSnapshot::point).containsExactly(whole);
        assertThat(store().clones()).isEmpty();
        assertThat(layout().points(host))
                .isDirectoryNotContaining(p -> p.toString().contains(half.toString()));
        assertThat(layout().clones()).isEmptyDirectory();
        assertThat(layout().host(emptyHost)).doesNotExist();
    }

    @Test
    void aHalfMadeSnapshotDoesNotHinderTheSamePointInTheSameServer() {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId point = PointId.random();
        new Subvolumes(runner, layout().mount()).readOnlySnapshot(layout().head(host), layout().point(host, point));

        assertThat(store().snapshot(host, point)).isEmpty();
        store().snapshot(host, point, Map.of("a", "1"));

        assertThat(store().snapshots(host))
                .containsExactly(new VolumeSnapshot(host, point, Map.of("a", "1"), Set.of()));
    }

    @Test
    void aRollbackThatACrashCutShortIsEndedAtOpen() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        write(store().headDevice(disk0), 0, "old".getBytes(StandardCharsets.US_ASCII));
        Subvolumes subvolumes = new Subvolumes(runner, layout().mount());
        subvolumes.snapshot(layout().head(host), layout().nextHead(host));
        write(PoolLayout.image(layout().nextHead(host), disk0), 0, "new".getBytes(StandardCharsets.US_ASCII));

        reopen();
        assertThat(text(store().headDevice(disk0), 0, 3))
                .as("before the old head was moved")
                .isEqualTo("old");

        subvolumes.snapshot(layout().head(host), layout().nextHead(host));
        write(PoolLayout.image(layout().nextHead(host), disk0), 0, "new".getBytes(StandardCharsets.US_ASCII));
        Files.move(layout().head(host), layout().oldHead(host));
        reopen();
        assertThat(text(store().headDevice(disk0), 0, 3))
                .as("after it was moved")
                .isEqualTo("new");
        assertThat(layout().oldHead(host)).doesNotExist();
        assertThat(layout().nextHead(host)).doesNotExist();
    }

    @Test
    void aDamagedRecordIsReportedAndItsSnapshotKept() throws IOException {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId point = store().snapshot(host, PointId.random(), Map.of()).point();
        Files.writeString(layout().pointRecord(host, point), "{\"version\":1,");

        reopen();

        refuses(ProblemCode.POOL_UNAVAILABLE, () -> store().snapshots(host));
        refuses(ProblemCode.POOL_UNAVAILABLE, () -> store().destroySnapshot(host, point));
        assertThat(layout().point(host, point)).isDirectory();
    }

    @Test
    void aFileThatIsNoPoolIsNeverFormatted() throws IOException {
        close();
        byte[] treasure = random(1 << 20, 9);
        Path other = temporary.resolve("other");
        Files.createDirectories(other);
        Files.write(other.resolve("pool.img"), treasure);

        refuses(ProblemCode.POOL_UNAVAILABLE, () -> BtrfsVolumeStore.open(runner, settings(), other));

        assertThat(other.resolve("pool.img")).hasBinaryContent(treasure);
    }

    @Test
    void anUnfinishedPoolFileIsMadeAnew() throws IOException {
        close();
        Path other = temporary.resolve("other");
        Files.createDirectories(other);
        Files.writeString(other.resolve("pool.img.unfinished"), "half");

        BtrfsVolumeStore.open(runner, settings(), other).close();

        assertThat(other.resolve("pool.img.unfinished")).doesNotExist();
        assertThat(other.resolve("pool.img")).hasSize(POOL_SIZE.toBytes());
    }

    @Test
    void anotherFileSystemOnTheMountPointIsLeftAlone() {
        close();
        runner.run(Command.of("mount", "-t", "tmpfs", "none", layout().mount().toString()))
                .orThrow();

        refuses(ProblemCode.POOL_UNAVAILABLE, this::open);

        assertThat(BtrfsParser.mount(
                        runner.run(BtrfsCommands.findMount(layout().mount())).output()))
                .contains(new BtrfsParser.Mount("none", "tmpfs"));
    }

    @Test
    void aBtrfsWithOtherThingsIsRefused() throws IOException {
        Files.writeString(layout().mount().resolve("holiday.jpg"), "x");
        Files.delete(layout().lock());
        Files.deleteIfExists(layout().reserve());
        Files.delete(layout().clones());
        Files.delete(layout().root());
        close();

        refuses(ProblemCode.POOL_UNAVAILABLE, this::open);
    }

    @Test
    void anEmptyDeviceBecomesAPoolAndAnotherIsRefused() throws IOException {
        Path image = temporary.resolve("device.img");
        runner.run(Command.of("truncate", "--size", "512M", image.toString())).orThrow();
        Path device = Path.of(runner.run(BtrfsCommands.attachLoop(image, true))
                .orThrow()
                .output()
                .strip());
        StorageSettings onDevice = new StorageSettings("btrfs", null, null, device, null, null, null);
        Path other = temporary.resolve("other");
        try {
            try (BtrfsVolumeStore first = BtrfsVolumeStore.open(runner, onDevice, other)) {
                first.createVolume(disk0, ByteSize.ofMebibytes(1));
            }
            try (BtrfsVolumeStore second = BtrfsVolumeStore.open(runner, onDevice, other)) {
                assertThat(second.volumes(host)).hasSize(1);
            }
            runner.run(Command.of("wipefs", "--all", "--quiet", device.toString()))
                    .orThrow();
            runner.run(Command.of("mkfs.ext4", "-q", device.toString())).orThrow();

            refuses(ProblemCode.POOL_UNAVAILABLE, () -> BtrfsVolumeStore.open(runner, onDevice, other));

            assertThat(runner.run(BtrfsCommands.probe(device)).output()).contains("TYPE=ext4");
        } finally {
            runner.run(BtrfsCommands.unmount(other.resolve("pool")));
            runner.run(BtrfsCommands.detachLoop(device)).orThrow();
        }
    }

    @Test
    void aMissingDeviceIsNamed() {
        StorageSettings settings =
                new StorageSettings("btrfs", null, null, Path.of("/dev/understudy-none"), null, null, null);

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> BtrfsVolumeStore.open(runner, settings, temporary.resolve("other")))
                .withMessageContaining("/dev/understudy-none is not there");
    }

    @Test
    void aLargerPoolSizeGrowsThePoolOnTheNextStart() {
        long before = store().usage().total().bytes();
        close();

        store = BtrfsVolumeStore.open(
                runner, new StorageSettings("btrfs", null, DataSize.ofGigabytes(1), null, null, null, null), data());

        assertThat(before).isEqualTo(POOL_SIZE.toBytes());
        assertThat(store().usage().total().bytes()).isEqualTo(1L << 30);
    }

    @Test
    void aPoolThatVanishesWhileTheServerRunsIsReported() {
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        runner.run(Command.of("umount", "--lazy", layout().mount().toString())).orThrow();

        refuses(ProblemCode.POOL_UNAVAILABLE, () -> store().volumes(host));
        refuses(ProblemCode.POOL_UNAVAILABLE, () -> store().createVolume(disk1, ByteSize.ofMebibytes(1)));
        assertThat(layout().mount()).isEmptyDirectory();
    }

    @Test
    void theReserveIsSetAsideSpentWhenThePoolIsFullAndMadeAgain() throws IOException {
        assertThat(layout().reserve()).hasSize(POOL_SIZE.toBytes() / 50);
        store().createVolume(disk0, ByteSize.ofMebibytes(1));
        PointId point = store().snapshot(host, PointId.random(), Map.of()).point();
        fillPool();

        store().setProperty(host, point, "a", "1");
        assertThat(layout().reserve()).hasSize(0);
        assertThat(store().usage().free().bytes()).isZero();
        Files.delete(layout().mount().resolve("filler"));
        new Subvolumes(runner, layout().mount()).sync();
        store().rollback(host, Optional.of(point));

        assertThat(layout().reserve()).hasSize(POOL_SIZE.toBytes() / 50);
    }

    @Test
    void freeSpaceIsNeverMoreThanTheFileSystemAroundThePoolFileCanGive() throws IOException {
        close();
        Path small = Files.createDirectory(temporary.resolve("small"));
        runner.run(Command.of("mount", "-t", "tmpfs", "-o", "size=64m", "none", small.toString()))
                .orThrow();
        try (BtrfsVolumeStore onSmall = BtrfsVolumeStore.open(runner, settings(), small)) {
            assertThat(onSmall.usage().total().bytes()).isEqualTo(POOL_SIZE.toBytes());
            assertThat(onSmall.usage().free().bytes()).isBetween(1L << 20, 64L << 20);

            try (OutputStream out = Files.newOutputStream(small.resolve("filler"))) {
                out.write(new byte[(int) Files.getFileStore(small).getUsableSpace()]);
            }

            assertThat(onSmall.usage().free().bytes()).isLessThan(8L << 20);
        } finally {
            runner.run(Command.of("umount", small.toString())).orThrow();
        }
    }
}
