package org.understudy.agent.usedspace;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** Makes, mounts and fills real file systems; undoes mounts and loop devices when closed, whatever happened. */
final class Lab implements AutoCloseable {

    private final CommandRunner runner = new ProcessCommandRunner();
    private final Path folder;
    private final Deque<List<String>> undo = new ArrayDeque<>();
    private int names;

    Lab(Path folder) {
        this.folder = folder;
    }

    CommandResult tryRun(List<String> argv) {
        return runner.run(Command.of(argv));
    }

    String run(String... argv) {
        return run(Arrays.asList(argv));
    }

    String run(List<String> argv) {
        CommandResult result = tryRun(argv);
        if (!result.succeeded()) {
            throw new IllegalStateException(argv + " ended with " + result.exitStatus() + ": " + result.errorOutput());
        }
        return result.output();
    }

    Path image(long sizeBytes) throws IOException {
        Path image = folder.resolve("image" + names++ + ".raw");
        try (FileChannel file = FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(1), sizeBytes - 1);
        }
        return image;
    }

    Path mount(Path image, String options) throws IOException {
        String loop = run("losetup", "--find", "--show", image.toString()).strip();
        undo.push(List.of("losetup", "--detach", loop));
        Path point = Files.createDirectory(folder.resolve("mount" + names++));
        run("mount", "-o", options, loop, point.toString());
        undo.push(List.of("umount", point.toString()));
        return point;
    }

    /** A loop device for a part of an image, gone when this is closed. */
    String loop(Path image, long offset, long sizeBytes) {
        String loop = run(
                        "losetup",
                        "--find",
                        "--show",
                        "-o",
                        "" + offset,
                        "--sizelimit",
                        "" + sizeBytes,
                        image.toString())
                .strip();
        undo.push(List.of("losetup", "--detach", loop));
        return loop;
    }

    /** Mounts with a program such as {@code ntfs-3g} that serves the image itself. */
    Path mountWith(Path image, String program) throws IOException {
        Path point = Files.createDirectory(folder.resolve("mount" + names++));
        run(program, image.toString(), point.toString());
        undo.push(List.of("umount", point.toString()));
        return point;
    }

    void unmount() {
        RuntimeException failure = null;
        while (!undo.isEmpty()) {
            try {
                run(undo.pop());
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    void freeze(Path point) {
        run("fsfreeze", "--freeze", point.toString());
        undo.push(List.of("fsfreeze", "--unfreeze", point.toString()));
    }

    /** Files of all sizes, with holes and in many folders; a part of them deleted again. */
    void fill(Path root, long bytes, Random random) throws IOException {
        List<Path> files = new ArrayList<>();
        long written = 0;
        while (written < bytes) {
            Path directory = Files.createDirectories(root.resolve("ordner " + random.nextInt(20)));
            Path file = directory.resolve("f-ü" + files.size());
            int length = (int) Math.min(bytes - written, 1 + (long) Math.exp(random.nextDouble() * 15));
            byte[] content = new byte[length];
            random.nextBytes(content);
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(content), random.nextInt(4) == 0 ? random.nextInt(1 << 20) : 0);
            }
            files.add(file);
            written += length;
            if (random.nextInt(3) == 0) {
                Path victim = files.get(random.nextInt(files.size()));
                if (Files.deleteIfExists(victim)) {
                    written -= 1;
                }
            }
            if (random.nextInt(40) == 0) {
                run("sync", "-f", root.toString());
            }
        }
        run("sync", "-f", root.toString());
    }

    /** Digest of every file by its path. */
    static TreeMap<String, String> digests(Path root) throws IOException {
        TreeMap<String, String> digests = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(root)) {
            paths.filter(Files::isRegularFile).forEach(file -> {
                try {
                    byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
                    digests.put(root.relativize(file).toString(), HexFormat.of().formatHex(sum));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (java.security.NoSuchAlgorithmException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
        return digests;
    }

    /** A new image with the used extents of another and garbage in all other places. */
    Path copyOf(Path image, ExtentSet used) throws IOException {
        long size = Files.size(image);
        Path copy = image(size);
        byte[] garbage = new byte[1 << 20];
        new Random(7).nextBytes(garbage);
        try (FileChannel from = FileChannel.open(image, StandardOpenOption.READ);
                FileChannel to = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            for (Extent extent : used.complement(size).extents()) {
                long end = Math.min(extent.end(), extent.offset() + (8L << 20));
                for (long at = extent.offset(); at < end; at += garbage.length) {
                    to.write(ByteBuffer.wrap(garbage, 0, (int) Math.min(garbage.length, end - at)), at);
                }
            }
            for (Extent extent : used.extents()) {
                to.position(extent.offset());
                long at = extent.offset();
                while (at < extent.end()) {
                    at += from.transferTo(at, extent.end() - at, to);
                }
            }
        }
        return copy;
    }

    @Override
    public void close() {
        unmount();
    }
}
