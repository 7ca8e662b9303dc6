package org.understudy.agent.layout;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.understudy.agent.disk.DiskReader;

/** A part of a disk, such as a partition, read as if it were a disk. Closing it leaves the disk open. As thread-safe as the disk. */
public final class DiskWindow implements DiskReader {

    private final DiskReader disk;
    private final long offsetBytes;
    private final long sizeBytes;

    /** @throws IllegalArgumentException if the window does not lie inside of the disk */
    public DiskWindow(DiskReader disk, long offsetBytes, long sizeBytes) {
        if (offsetBytes < 0 || sizeBytes < 0 || offsetBytes > disk.sizeBytes() - sizeBytes) {
            throw new IllegalArgumentException(
                    "window " + offsetBytes + "+" + sizeBytes + " is outside of the disk of " + disk.sizeBytes());
        }
        this.disk = disk;
        this.offsetBytes = offsetBytes;
        this.sizeBytes = sizeBytes;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int logicalBlockSize() {
        return disk.logicalBlockSize();
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        if (offset < 0 || offset > sizeBytes - target.remaining()) {
            throw new IOException(
                    "bytes " + offset + "+" + target.remaining() + " lie outside of the window of " + sizeBytes);
        }
        disk.read(offsetBytes + offset, target);
    }

    @Override
    public void close() {}
}
