package org.understudy.server.storage.zfs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.util.unit.DataSize;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.server.storage.StorageSettings;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.PoolSpec;
import org.understudy.zfs.Pools;
import org.understudy.zfs.Setting;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.error.ZfsMessages;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.PoolName;

/** A real pool on a sparse file for one test class; each test gets a root of its own in it, with odd characters in its name. */
final class StorePool implements AutoCloseable {

    private static final long DEVICE_BYTES = 1L << 30;
    private static final AtomicInteger POOLS = new AtomicInteger();

    final ProcessCommandRunner commands = new ProcessCommandRunner();
    final Datasets zfs = new Datasets(commands);
    private final Path directory;
    private final PoolName name;
    private int roots;

    private StorePool(Path directory, PoolName name) {
        this.directory = directory;
        this.name = name;
    }

    static StorePool create() throws IOException {
        // A crashed run may have left its pools behind.
        String own = ProcessHandle.current().pid() + "-" + POOLS.incrementAndGet();
        StorePool pool = new StorePool(
                Files.createDirectories(Path.of("/var/tmp", "store lab ü " + own)), new PoolName("store" + own));
        Path device = pool.directory.resolve("disk 0");
        try (RandomAccessFile file = new RandomAccessFile(device.toFile(), "rw")) {
            file.setLength(DEVICE_BYTES);
        }
        Pools.on(pool.commands)
                .create(new PoolSpec(
                        pool.name, List.of(new PoolSpec.Group(PoolSpec.Redundancy.NONE, List.of(device))), List.of()));
        return pool;
    }

    DatasetName nextRoot() {
        roots++;
        return name.dataset().child("b_c.d: e-f " + roots);
    }

    Path data(DatasetName root) {
        return directory.resolve("data " + root.leaf());
    }

    ZfsVolumeStore open(DatasetName root, CommandRunner runner) {
        StorageSettings settings =
                new StorageSettings("zfs", null, null, null, null, DataSize.ofMegabytes(24), root.value());
        return ZfsVolumeStore.open(runner, commands, settings, data(root));
    }

    /** Takes all that is free, as other users of the pool would, without writing so much. */
    void fill() {
        DatasetName filler = name.dataset().child("filler");
        zfs.createFileSystem(filler, List.of(Setting.Fixed.NOT_MOUNTED), Map.of());
        zfs.set(filler, new Setting.Reservation(zfs.usage(name.dataset()).available() - (512 << 10)));
    }

    void makeRoom() {
        DatasetName filler = name.dataset().child("filler");
        zfs.find(filler).ifPresent(found -> zfs.destroy(filler, found.guid()));
    }

    /** Everything of a test, held or not. */
    void clear(DatasetName root) throws IOException {
        makeRoom();
        if (zfs.find(root).isPresent()) {
            zfs.snapshotsBelow(root).stream()
                    .filter(snapshot -> snapshot.holds() > 0)
                    .forEach(snapshot -> zfs.holds(snapshot.name())
                            .forEach(tag ->
                                    run("zfs", "release", tag, snapshot.name().toString())));
            unmountPoints(root);
            commands.run(Command.of("udevadm", "settle"));
            Waiting.whileBusy(() -> zfsDestroyAll(root));
        }
    }

    /** What the kernel mounted in {@code .zfs/snapshot} would keep the file systems above it busy for some minutes. */
    private void unmountPoints(DatasetName root) throws IOException {
        for (String line : MountTable.now().lines()) {
            String[] fields = line.split(" ");
            if (fields[2].equals("zfs")
                    && fields[0].startsWith(root.value().replace(" ", "\\040"))
                    && fields[0].contains("@")) {
                run("umount", fields[1].replace("\\040", " "));
            }
        }
    }

    private void zfsDestroyAll(DatasetName root) {
        CommandResult result = commands.run(Command.of("zfs", "destroy", "-R", root.value()));
        if (!result.succeeded()) {
            throw new ZfsException(ZfsMessages.error(result.exitStatus(), result.errorOutput()), result.errorOutput());
        }
    }

    private void run(String... argv) {
        commands.run(Command.of(argv)).orThrow();
    }

    @Override
    public void close() {
        commands.run(Command.of("udevadm", "settle"));
        run("zpool", "destroy", name.value());
        run("rm", "-rf", directory.toString());
    }
}
