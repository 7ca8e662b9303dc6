package org.understudy.iscsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.MemoryBlockDevice;

/** A disk in memory whose reads and writes wait while its gate is shut. It starts open. */
public final class GatedDevice implements BlockDevice {

    private final MemoryBlockDevice device;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile CountDownLatch called = new CountDownLatch(1);

    public GatedDevice(long size) {
        this.device = new MemoryBlockDevice(size);
    }

    public void shut() {
        called = new CountDownLatch(1);
        gate = new CountDownLatch(1);
    }

    public void open() {
        gate.countDown();
    }

    /** Reads and writes that came to the shut gate. */
    public int waiting() {
        return waiting.get();
    }

    /** Returns when somebody stands at the gate. */
    public void awaitCaller() throws InterruptedException {
        called.await();
    }

    private void pass() throws IOException {
        CountDownLatch present = gate;
        if (present.getCount() == 0) {
            return;
        }
        waiting.incrementAndGet();
        called.countDown();
        try {
            present.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
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
    public void read(long offset, ByteBuffer target) throws IOException {
        pass();
        device.read(offset, target);
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        pass();
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
