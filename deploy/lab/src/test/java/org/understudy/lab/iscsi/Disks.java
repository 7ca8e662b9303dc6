package org.understudy.lab.iscsi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** Files that stand for disks. */
final class Disks {

    private Disks() {}

    /** A sparse file. */
    static Path empty(Path file, long size) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), size - 1);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file with random data at its start, in its middle and at its very end, and holes between. */
    static Path patterned(Path file, long size, long seed) {
        empty(file, size);
        byte[] content = new byte[5_000_000];
        new Random(seed).nextBytes(content);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (long offset : new long[] {0, size / 2 + 512, size - content.length}) {
                channel.write(ByteBuffer.wrap(content), offset);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
