package org.understudy.iscsi.device;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A regular file or a block device node as {@link BlockDevice}. Sparse files stay sparse: only {@link #write} allocates.
 * Flush is {@code fdatasync(2)}. The size is read once, at opening, and rounded down to whole blocks.
 */
public final class FileBlockDevice implements BlockDevice {

    private static final int DEFAULT_BLOCK_SIZE = 512;

    private final Path file;
    private final FileChannel channel;
    private final boolean readOnly;
    private final int blockSize;
    private final long sizeBytes;
    private final HolePuncher holePuncher;
    private final AtomicBoolean closed = new AtomicBoolean();

    private FileBlockDevice(
            Path file, FileChannel channel, boolean readOnly, int blockSize, long sizeBytes, HolePuncher holePuncher) {
        this.file = file;
        this.channel = channel;
        this.readOnly = readOnly;
        this.blockSize = blockSize;
        this.sizeBytes = sizeBytes;
        this.holePuncher = holePuncher;
    }

    /** Opens an existing file with 512 byte blocks; unmap writes zeros. */
    public static FileBlockDevice open(Path file, boolean readOnly) throws IOException {
        return open(file, readOnly, DEFAULT_BLOCK_SIZE, HolePuncher.writingZeros());
    }

    /** Opens an existing file; unmap writes zeros. */
    public static FileBlockDevice open(Path file, boolean readOnly, int blockSize) throws IOException {
        return open(file, readOnly, blockSize, HolePuncher.writingZeros());
    }

    /**
     * Opens an existing file.
     *
     * @param blockSize 512 or 4096
     * @param holePuncher frees space on unmap
     */
    public static FileBlockDevice open(Path file, boolean readOnly, int blockSize, HolePuncher holePuncher)
            throws IOException {
        if (blockSize != 512 && blockSize != 4096) {
            throw new IllegalArgumentException("block size must be 512 or 4096, not " + blockSize);
        }
        Set<StandardOpenOption> options = readOnly
                ? EnumSet.of(StandardOpenOption.READ)
                : EnumSet.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileChannel channel = FileChannel.open(file, options);
        try {
            // For a block device node the JDK asks the kernel (BLKGETSIZE64), so this is right for both kinds.
            long size = channel.size();
            return new FileBlockDevice(file, channel, readOnly, blockSize, size - size % blockSize, holePuncher);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    public Path file() {
        return file;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int blockSize() {
        return blockSize;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        Objects.checkFromIndexSize(offset, target.remaining(), sizeBytes);
        long position = offset;
        while (target.hasRemaining()) {
            int count = channel.read(target, position);
            if (count < 0) {
                throw new EOFException(file + " ends at byte " + position + " of " + sizeBytes);
            }
            position += count;
        }
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        Objects.checkFromIndexSize(offset, source.remaining(), sizeBytes);
        checkWritable();
        long position = offset;
        while (source.hasRemaining()) {
            position += channel.write(source, position);
        }
    }

    @Override
    public void unmap(long offset, long length) throws IOException {
        Objects.checkFromIndexSize(offset, length, sizeBytes);
        checkWritable();
        if (length > 0) {
            holePuncher.punch(file, channel, offset, length);
        }
    }

    @Override
    public void flush() throws IOException {
        if (!readOnly) {
            channel.force(false);
        }
    }

    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            channel.close();
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }

    private void checkWritable() throws IOException {
        if (readOnly) {
            throw new ReadOnlyDeviceException(file.toString());
        }
    }
}
