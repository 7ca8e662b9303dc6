package org.understudy.iscsi.target;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.MemoryBlockDevice;

/** A device whose writes wait until the test lets them through. */
final class GatedDevice implements BlockDevice {

    private final MemoryBlockDevice device;
    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicInteger waiting = new AtomicInteger();

    GatedDevice(long size) {
        this.device = new MemoryBlockDevice(size);
    }

    void open() {
        gate.countDown();
    }

    int waiting() {
        return waiting.get();
    }

    @Override
    public long sizeBytes() {
        return device.sizeBytes();
    }

    @Override
    public int blockSize() {
        return device.blockSize();
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        device.read(offset, target);
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        waiting.incrementAndGet();
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        device.write(offset, source);
    }

    @Override
    public void unmap(long offset, long length) {
        device.unmap(offset, length);
    }

    @Override
    public void flush() throws IOException {
        device.flush();
    }

    @Override
    public void close() {
        device.close();
    }
}
