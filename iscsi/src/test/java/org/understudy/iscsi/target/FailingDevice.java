package org.understudy.iscsi.target;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.MemoryBlockDevice;

/** A device whose medium breaks on command. */
final class FailingDevice implements BlockDevice {

    private final MemoryBlockDevice device;
    volatile boolean failing;

    FailingDevice(long size) {
        this.device = new MemoryBlockDevice(size);
    }

    private void check() throws IOException {
        if (failing) {
            throw new IOException("the medium is broken");
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
        check();
        device.read(offset, target);
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        check();
        device.write(offset, source);
    }

    @Override
    public void unmap(long offset, long length) throws IOException {
        check();
        device.unmap(offset, length);
    }

    @Override
    public void flush() throws IOException {
        check();
        device.flush();
    }

    @Override
    public void close() {
        device.close();
    }
}
