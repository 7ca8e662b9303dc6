package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Another device, write-protected: for snapshots and for exports that must not change what they show. */
public final class ReadOnlyBlockDevice implements BlockDevice {

    private final BlockDevice device;

    public ReadOnlyBlockDevice(BlockDevice device) {
        this.device = device;
    }

    @Override
    public long sizeBytes() {
        return device.sizeBytes();
    }

    @Override
    public void refreshSize() throws IOException {
        device.refreshSize();
    }

    @Override
    public int blockSize() {
        return device.blockSize();
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        device.read(offset, target);
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        throw new ReadOnlyDeviceException(device.toString());
    }

    @Override
    public void unmap(long offset, long length) throws IOException {
        throw new ReadOnlyDeviceException(device.toString());
    }

    @Override
    public void flush() {
        // nothing was written through this view
    }

    @Override
    public AllocatedRange allocation(long offset, long length) throws IOException {
        return device.allocation(offset, length);
    }

    @Override
    public void close() throws IOException {
        device.close();
    }
}
