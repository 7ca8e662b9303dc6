package org.understudy.demo.bench.agent;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.Random;
import java.util.Set;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.demo.machine.LoopDisk;

/**
 * The disk that everybody backs up: an ext4 file system, mounted all the time, with one file of random bytes, because data that
 * compresses or repeats would measure something else. A seed decides the contents and every change.
 */
final class SourceDisk implements AutoCloseable {

    /** Bytes of one change: what a database or a log writes together. */
    static final int PIECE = 256 << 10;

    private static final int CHUNK = 4 << 20;

    private final CommandRunner commands;
    private final LoopDisk disk;
    private final Path mount;
    private final Path file;
    private final long bytes;
    private final Random random;
    private final Set<Long> changed = new LinkedHashSet<>();

    private SourceDisk(CommandRunner commands, LoopDisk disk, Path mount, long bytes, Random random) {
        this.commands = commands;
        this.disk = disk;
        this.mount = mount;
        this.bytes = bytes;
        this.random = random;
        file = mount.resolve("data");
    }

    /** @param bytes size of the data; the disk is a little larger */
    static SourceDisk make(CommandRunner commands, Path work, long bytes, long seed) throws IOException {
        Path image = work.resolve("source.raw");
        try (RandomAccessFile raw = new RandomAccessFile(image.toFile(), "rw")) {
            raw.setLength((bytes / 32 * 33 + (128L << 20)) / CHUNK * CHUNK);
        }
        commands.run(Command.of("mkfs.ext4", "-q", "-F", "-m", "0", image.toString()))
                .orThrow();
        LoopDisk loop = LoopDisk.attach(commands, image);
        Path mount = Files.createDirectories(work.resolve("source"));
        SourceDisk source = new SourceDisk(commands, loop, mount, bytes, new Random(seed));
        try {
            commands.run(Command.of("mount", "-t", "ext4", loop.device().toString(), mount.toString()))
                    .orThrow();
            source.fill();
            return source;
        } catch (RuntimeException | IOException e) {
            source.close();
            throw e;
        }
    }

    private void fill() throws IOException {
        byte[] chunk = new byte[CHUNK];
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (long done = 0; done < bytes; done += CHUNK) {
                random.nextBytes(chunk);
                write(out, chunk, (int) Math.min(CHUNK, bytes - done), done);
            }
            out.force(true);
        }
    }

    /** Overwrites that part of the data in place, in pieces that lie anywhere and do not overlap. */
    void change(double part) throws IOException {
        long pieces = bytes / PIECE;
        long wanted = Math.max(1, Math.round(pieces * part));
        changed.clear();
        while (changed.size() < wanted) {
            changed.add(Math.floorMod(random.nextLong(), pieces));
        }
        changeAgain();
    }

    /** Overwrites the same pieces with something else. */
    void changeAgain() throws IOException {
        byte[] piece = new byte[PIECE];
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (long at : changed) {
                random.nextBytes(piece);
                write(out, piece, PIECE, at * PIECE);
            }
            out.force(true);
        }
        commands.run(Command.of("sync", "--file-system", mount.toString())).orThrow();
    }

    private static void write(FileChannel out, byte[] data, int length, long offset) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(data, 0, length);
        while (buffer.hasRemaining()) {
            out.write(buffer, offset + buffer.position());
        }
    }

    /**
     * Empties the caches of the device and of the file below it. Everybody begins with a cold disk; and who reads the device through
     * the page cache would see old data of a mounted file system otherwise.
     */
    void forgetCaches() {
        commands.run(Command.of("sync", "--file-system", mount.toString())).orThrow();
        commands.run(Command.of("blockdev", "--flushbufs", device().toString())).orThrow();
        commands.run(Command.of(
                        "dd",
                        "of=" + disk.image(),
                        "oflag=nocache",
                        "conv=notrunc,fdatasync",
                        "count=0",
                        "status=none"))
                .orThrow();
    }

    Path device() {
        return disk.device();
    }

    long bytes() {
        return bytes;
    }

    /** Bytes read from the device since it exists. Source: {@code Documentation/block/stat.rst}, third field in sectors of 512. */
    long bytesRead() throws IOException {
        String line = Files.readString(Path.of("/sys/block", String.valueOf(device().getFileName()), "stat"))
                .strip();
        return Long.parseLong(line.split(" +", -1)[2]) * 512;
    }

    @Override
    public void close() {
        commands.run(Command.of("umount", mount.toString()));
        disk.close();
    }
}
