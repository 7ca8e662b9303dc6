package org.understudy.server.files.quick;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;

/** Makes disk images with real file systems, by the tools that everybody makes them with. */
final class TestImages {

    static final long START = 1 << 20;

    private final CommandRunner runner;
    private final Path directory;

    TestImages(CommandRunner runner, Path directory) {
        this.runner = runner;
        this.directory = directory;
    }

    /** Fills a mounted file system. */
    interface Planting {
        void plant(Path root) throws IOException;
    }

    static long bytes(String type) {
        // The least that mkfs.xfs and mkfs.btrfs make; nearly all of it is a hole.
        return switch (type) {
            case "xfs" -> 320L << 20;
            case "btrfs" -> 160L << 20;
            default -> 24L << 20;
        };
    }

    /** A file system on an image of its own. */
    Path fileSystem(String type, Planting planting) throws IOException {
        Path image = directory.resolve(type + ".img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(0);
            file.setLength(bytes(type));
        }
        List<String> argv = new ArrayList<>(
                switch (type) {
                    case "xfs" -> List.of("mkfs.xfs", "-q", "-L", "my data");
                    case "btrfs" -> List.of("mkfs.btrfs", "-q", "-L", "my data");
                    default -> List.of("mkfs." + type, "-q", "-L", "my data");
                });
        argv.add(image.toString());
        run(argv.toArray(String[]::new));
        change(image, planting);
        return image;
    }

    /** Mounts an image to write to it. */
    void change(Path image, Planting planting) throws IOException {
        Path mount = Files.createDirectory(directory.resolve("planting"));
        run("mount", "-o", "loop", image.toString(), mount.toString());
        try {
            planting.plant(mount);
        } finally {
            run("umount", mount.toString());
            Files.delete(mount);
        }
    }

    /** A disk with a GPT: the file system in partition 1, swap in partition 2, nothing in partition 3. */
    Path disk(Path fileSystem) throws IOException {
        long size = Files.size(fileSystem);
        long mebibytes = size >> 20;
        Path disk = directory.resolve("disk.img");
        Files.deleteIfExists(disk);
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(size + (20L << 20));
        }
        String table = "label: gpt\nstart=1MiB, size=" + mebibytes + "MiB\nstart=" + (mebibytes + 1)
                + "MiB, size=4MiB\nstart=" + (mebibytes + 5) + "MiB, size=4MiB\n";
        runner.run(Command.of("sfdisk", "--quiet", disk.toString()).withInput(table.getBytes(StandardCharsets.UTF_8)))
                .orThrow();
        run("dd", "if=" + fileSystem, "of=" + disk, "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none");
        Path swap = directory.resolve("swap.img");
        try (RandomAccessFile file = new RandomAccessFile(swap.toFile(), "rw")) {
            file.setLength(4L << 20);
        }
        run("mkswap", swap.toString());
        run("dd", "if=" + swap, "of=" + disk, "bs=1M", "seek=" + (mebibytes + 1), "conv=notrunc,sparse", "status=none");
        return disk;
    }

    private void run(String... argv) {
        runner.run(Command.of(argv)).orThrow();
    }
}
