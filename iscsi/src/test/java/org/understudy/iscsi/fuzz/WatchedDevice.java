package org.understudy.iscsi.fuzz;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.MemoryBlockDevice;

/** A disk that counts how often anybody touched its blocks. */
final class WatchedDevice implements BlockDevice {

    private final MemoryBlockDevice medium;
    private final AtomicLong touches = new AtomicLong();

    WatchedDevice(long size) {
        this.medium = new MemoryBlockDevice(size);
    }

    long touches() {
        return touches.get();
    }

    @Override
    public long sizeBytes() {
        return medium.sizeBytes();
    }

    @Override
    public int blockSize() {
        return medium.blockSize();
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        touches.incrementAndGet();
        medium.read(offset, target);
    }

    @Override
    public void write(long offset, ByteBuffer source) {
        touches.incrementAndGet();
        medium.write(offset, source);
    }

    @Override
    public void unmap(long offset, long length) {
        touches.incrementAndGet();
        medium.unmap(offset, length);
    }

    @Override
    public void flush() {
        // Withdrawing a target flushes; that is not an access.
    }

    @Override
    public void close() {
        medium.close();
    }
}
