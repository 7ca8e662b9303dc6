package org.understudy.iscsi.initiator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.MemoryBlockDevice;

/** A disk whose reads can be held up. */
final class BlockingDevice implements BlockDevice {

    private final MemoryBlockDevice device;
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile CountDownLatch called = new CountDownLatch(1);

    BlockingDevice(long size) {
        this.device = new MemoryBlockDevice(size);
    }

    void block() {
        called = new CountDownLatch(1);
        gate = new CountDownLatch(1);
    }

    void awaitCaller() {
        await(called);
    }

    void release() {
        gate.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
        called.countDown();
        await(gate);
        device.read(offset, target);
    }

    @Override
    public void write(long offset, ByteBuffer source) {
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
