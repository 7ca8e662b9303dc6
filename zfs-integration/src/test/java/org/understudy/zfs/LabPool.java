package org.understudy.zfs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.PoolName;

/** A real pool on files whose names hold spaces, for one test class. */
final class LabPool implements AutoCloseable {

    /** Sparse. ZFS keeps 128 MiB of a small pool for itself, and a write that does not fit waits instead of failing. */
    static final long DEVICE_BYTES = 1L << 30;

    private static int pools;

    final ProcessCommandRunner commands = new ProcessCommandRunner();
    final Pools manage = Pools.on(commands);
    final Datasets datasets = new Datasets(commands);
    final Path directory;
    final PoolName name;
    final List<Path> devices = new ArrayList<>();

    private LabPool(Path directory, PoolName name) {
        this.directory = directory;
        this.name = name;
    }

    static LabPool create(PoolSpec.Redundancy redundancy, int devices) throws IOException {
        // A crashed run may have left its pools behind.
        String own = ProcessHandle.current().pid() + "-" + ++pools;
        Path directory = Files.createDirectories(Path.of("/var/tmp", "zfs lab " + own));
        LabPool pool = new LabPool(directory, new PoolName("lab" + own));
        for (int i = 0; i < devices; i++) {
            pool.devices.add(pool.device("disk " + i, DEVICE_BYTES));
        }
        pool.manage.create(new PoolSpec(pool.name, List.of(new PoolSpec.Group(redundancy, pool.devices)), List.of()));
        return pool;
    }

    Path device(String file, long bytes) throws IOException {
        Path path = directory.resolve(file);
        try (RandomAccessFile access = new RandomAccessFile(path.toFile(), "rw")) {
            access.setLength(bytes);
        }
        return path;
    }

    DatasetName dataset(String part) {
        return name.dataset().child(part);
    }

    /** A volume with random data in its first bytes. */
    DatasetName volume(String part, long bytes, int written, long seed) throws IOException {
        DatasetName volume = dataset(part);
        datasets.createVolume(volume, VolumeSpec.of(bytes));
        if (written > 0) {
            write(volume, 0, random(written, seed));
        }
        return volume;
    }

    static byte[] random(int length, long seed) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    void write(DatasetName volume, long offset, byte[] data) throws IOException {
        try (RandomAccessFile device =
                new RandomAccessFile(datasets.device(volume).toFile(), "rw")) {
            device.seek(offset);
            device.write(data);
            device.getFD().sync();
        }
    }

    byte[] read(DatasetName volume, int length) throws IOException {
        try (RandomAccessFile device =
                new RandomAccessFile(datasets.device(volume).toFile(), "r")) {
            byte[] data = new byte[length];
            device.readFully(data);
            return data;
        }
    }

    void run(String... argv) {
        commands.run(Command.of(argv)).orThrow();
    }

    /** A command of the tools themselves, failing as ours do. */
    void tool(String... argv) {
        new Tool(commands).output(Command.of(argv));
    }

    @Override
    public void close() throws IOException {
        commands.run(Command.of("udevadm", "settle"));
        if (manage.list().stream().anyMatch(pool -> pool.name().equals(name))) {
            run("zpool", "destroy", name.value());
        }
        run("rm", "-rf", directory.toString());
    }
}
