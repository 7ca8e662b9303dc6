package org.understudy.demo.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;

/** A mounted file system on a disk of its own, which is a file below a loop device. */
final class LiveDisk implements AutoCloseable {

    private static final int DIRECTORIES = 8;

    private final CommandRunner commands;
    private final Path image;
    private final Path device;
    private final Path mount;

    private LiveDisk(CommandRunner commands, Path image, Path device, Path mount) {
        this.commands = commands;
        this.image = image;
        this.device = device;
        this.mount = mount;
    }

    /** @param type {@code ext4}, {@code xfs} or {@code btrfs} */
    static LiveDisk make(CommandRunner commands, Path work, String name, String type, long bytes) throws IOException {
        Path image = work.resolve(name + ".disk");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
        Command format = type.equals("ext4")
                ? Command.of("mkfs.ext4", "-q", "-F", image.toString())
                : Command.of("mkfs." + type, "-q", "-f", image.toString());
        commands.run(format).orThrow();
        String device = commands.run(Command.of("losetup", "--find", "--show", image.toString()))
                .orThrow()
                .output()
                .strip();
        Path mount = Files.createDirectories(work.resolve(name));
        LiveDisk disk = new LiveDisk(commands, image, Path.of(device), mount);
        try {
            commands.run(Command.of("mount", "-t", type, device, mount.toString()))
                    .orThrow();
        } catch (RuntimeException e) {
            disk.close();
            throw e;
        }
        return disk;
    }

    Path image() {
        return image;
    }

    Path device() {
        return device;
    }

    Path mount() {
        return mount;
    }

    /** A file of random bytes that is on the medium when this returns. */
    void write(String name, int bytes, Random random) throws IOException {
        byte[] data = new byte[bytes];
        random.nextBytes(data);
        Path file = mount.resolve(name);
        Files.createDirectories(file.getParent());
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer buffer = ByteBuffer.wrap(data);
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
            out.force(true);
        }
    }

    /** One random change: a new file, an overwrite in place (buffered or synchronous), an append, a truncation, a removal. */
    void changeAtRandom(Random random, int largestBytes) throws IOException {
        Path directory = Files.createDirectories(mount.resolve("d" + random.nextInt(DIRECTORIES)));
        List<Path> files;
        try (Stream<Path> list = Files.list(directory)) {
            files = list.sorted().toList();
        }
        byte[] data = new byte[1 + random.nextInt(largestBytes)];
        random.nextBytes(data);
        int what = random.nextInt(10);
        if (files.isEmpty() || what < 3) {
            Files.write(directory.resolve("f" + random.nextInt(1 << 20)), data);
            return;
        }
        Path file = files.get(random.nextInt(files.size()));
        if (what < 5) {
            Files.delete(file);
            return;
        }
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), what == 5 ? "rwd" : "rw")) {
            long size = open.length();
            if (what < 8) {
                open.seek((long) (random.nextDouble() * size));
                open.write(data, 0, Math.min(data.length, 64 << 10));
            } else if (what == 8) {
                open.setLength((long) (random.nextDouble() * size));
            } else {
                open.seek(size);
                open.write(data);
            }
        }
    }

    long freeBytes() throws IOException {
        return Files.getFileStore(mount).getUsableSpace();
    }

    /** A write reaches the medium within {@code limit}, so the file system is not frozen. */
    void requireWritableWithin(Duration limit) throws InterruptedException {
        CompletableFuture<Void> written = new CompletableFuture<>();
        Thread writer = new Thread(
                () -> {
                    try {
                        write("probe", 4096, new Random(System.nanoTime()));
                        written.complete(null);
                    } catch (IOException | RuntimeException e) {
                        written.completeExceptionally(e);
                    }
                },
                "probe");
        writer.setDaemon(true);
        writer.start();
        try {
            written.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            thaw();
            throw new AssertionError(mount + " is frozen: a write did not end within " + limit.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            throw new AssertionError("a write to " + mount + " failed", e.getCause());
        }
    }

    private void thaw() {
        commands.run(Command.of("fsfreeze", "--unfreeze", mount.toString()));
    }

    /** Checks the file system in a point's image: the checker's own opinion. */
    static void requireSound(CommandRunner commands, String type, Path pointImage, Path work) throws IOException {
        Path copy = work.resolve("checked.disk");
        DiskFiles.copy(pointImage, copy);
        try {
            if (type.equals("xfs")) {
                // The log of a frozen xfs is not marked as unmounted: mounting replays it, as a takeover does.
                Path at = Files.createDirectories(work.resolve("checked"));
                commands.run(Command.of("mount", "-o", "loop,nouuid", "-t", "xfs", copy.toString(), at.toString()))
                        .orThrow();
                commands.run(Command.of("umount", at.toString())).orThrow();
            }
            Command check =
                    switch (type) {
                        case "ext4" -> Command.of("e2fsck", "-fn", copy.toString());
                        case "xfs" -> Command.of("xfs_repair", "-n", "-f", copy.toString());
                        default -> Command.of("btrfs", "check", "--readonly", copy.toString());
                    };
            var result = commands.run(check);
            assertThat(result.exitStatus())
                    .as(check + ":\n" + result.output() + result.errorOutput())
                    .isZero();
        } finally {
            Files.deleteIfExists(copy);
        }
    }

    @Override
    public void close() {
        thaw();
        commands.run(Command.of("umount", mount.toString()));
        commands.run(Command.of("losetup", "--detach", device.toString()));
    }
}
