package org.understudy.iscsi.device;

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
 * A regular file or a block device node as {@link BlockDevice}, cached or direct. Sparse files stay sparse: only {@link #write}
 * allocates. Flush is {@code fdatasync(2)}. The size is read at opening and by {@link #refreshSize}, and rounded down to whole
 * blocks.
 */
public final class FileBlockDevice implements BlockDevice {

    private final Path file;
    /** Through the page cache: for flush, size, and punching; with direct access not for data. */
    private final FileChannel channel;

    private final FileData data;
    private final FileOptions options;
    private final KnownHoles holes;
    private final boolean readOnly;
    private final int blockSize;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile long sizeBytes;

    private FileBlockDevice(Path file, FileChannel channel, FileData data, FileOptions options) throws IOException {
        this.file = file;
        this.channel = channel;
        this.data = data;
        this.options = options;
        this.holes = new KnownHoles(options.holeMap());
        this.readOnly = options.readOnly();
        this.blockSize = options.blockSize();
        refreshSize();
    }

    /** Opens an existing file with 512 byte blocks; unmap writes zeros. */
    public static FileBlockDevice open(Path file, boolean readOnly) throws IOException {
        return open(file, FileOptions.DEFAULTS.withReadOnly(readOnly));
    }

    /** Opens an existing file; unmap writes zeros. */
    public static FileBlockDevice open(Path file, boolean readOnly, int blockSize) throws IOException {
        return open(file, FileOptions.DEFAULTS.withReadOnly(readOnly).withBlockSize(blockSize));
    }

    /**
     * Opens an existing file.
     *
     * @param blockSize 512 or 4096
     * @param holePuncher frees space on unmap
     */
    public static FileBlockDevice open(Path file, boolean readOnly, int blockSize, HolePuncher holePuncher)
            throws IOException {
        return open(
                file,
                FileOptions.DEFAULTS
                        .withReadOnly(readOnly)
                        .withBlockSize(blockSize)
                        .withHolePuncher(holePuncher));
    }

    /**
     * Opens an existing file.
     *
     * @throws IOException if it cannot be opened, or not in the way that the options ask for
     */
    public static FileBlockDevice open(Path file, FileOptions options) throws IOException {
        Set<StandardOpenOption> access = options.readOnly()
                ? EnumSet.of(StandardOpenOption.READ)
                : EnumSet.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileChannel channel = FileChannel.open(file, access);
        try {
            FileData data = options.direct() ? DirectData.open(file, options.readOnly()) : new FileData.Cached(channel);
            return new FileBlockDevice(file, channel, data, options);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** For a block device node the JDK asks the kernel (BLKGETSIZE64), so this is right for both kinds. */
    @Override
    public void refreshSize() throws IOException {
        long size = channel.size();
        sizeBytes = size - size % blockSize;
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
        data.read(offset, target);
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        Objects.checkFromIndexSize(offset, source.remaining(), sizeBytes);
        checkWritable();
        try {
            data.write(offset, source);
        } finally {
            holes.changed();
        }
    }

    @Override
    public void unmap(long offset, long length) throws IOException {
        Objects.checkFromIndexSize(offset, length, sizeBytes);
        checkWritable();
        if (length > 0) {
            try {
                options.holePuncher().punch(file, channel, offset, length);
            } finally {
                holes.changed();
            }
        }
    }

    @Override
    public void flush() throws IOException {
        if (!readOnly) {
            channel.force(false);
        }
    }

    @Override
    public AllocatedRange allocation(long offset, long length) throws IOException {
        Objects.checkFromIndexSize(offset, length, sizeBytes);
        return holes.at(file, offset, length);
    }

    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            try {
                data.close();
            } finally {
                channel.close();
            }
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
