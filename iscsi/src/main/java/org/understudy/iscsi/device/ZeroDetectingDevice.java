package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Another device that is not made to store zeros: runs of at least 64 KiB of zeros in what is written are unmapped instead. For
 * initiators that do not unmap by themselves. Every write is looked through, and unmapping may cost more than writing, so this
 * is a choice and not the rule.
 */
public final class ZeroDetectingDevice implements BlockDevice {

    private static final int UNIT_BYTES = 64 << 10;
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(UNIT_BYTES).asReadOnlyBuffer();

    private final BlockDevice device;

    public ZeroDetectingDevice(BlockDevice device) {
        this.device = device;
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        long position = offset;
        while (source.hasRemaining()) {
            int zeros = run(position, source, true);
            if (zeros > 0) {
                device.unmap(position, zeros);
                source.position(source.position() + zeros);
                position += zeros;
            }
            int data = run(position, source, false);
            if (data > 0) {
                device.write(position, source.slice(source.position(), data));
                source.position(source.position() + data);
                position += data;
            }
        }
    }

    /** Bytes from the position of the buffer on that are whole units of zeros, or are not. */
    private static int run(long offset, ByteBuffer source, boolean zeros) {
        int length = 0;
        while (length < source.remaining()) {
            int toUnitEnd = (int) (UNIT_BYTES - (offset + length) % UNIT_BYTES);
            int part = Math.min(toUnitEnd, source.remaining() - length);
            boolean zero = part == UNIT_BYTES
                    && source.slice(source.position() + length, part).mismatch(ZEROS.duplicate()) < 0;
            if (zero != zeros) {
                break;
            }
            length += part;
        }
        return length;
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
        return device.readOnly();
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        device.read(offset, target);
    }

    @Override
    public void unmap(long offset, long length) throws IOException {
        device.unmap(offset, length);
    }

    @Override
    public void flush() throws IOException {
        device.flush();
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
