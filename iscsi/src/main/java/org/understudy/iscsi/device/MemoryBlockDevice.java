package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * A sparse device in memory, for tests and scratch space: memory is taken per 64 KiB page that holds data, so terabytes may
 * be declared. Flush does nothing, for nothing here survives a power cut.
 */
public final class MemoryBlockDevice implements BlockDevice {

    private static final int PAGE_BYTES = 64 << 10;

    private final long sizeBytes;
    private final int blockSize;
    private final ConcurrentMap<Long, byte[]> pages = new ConcurrentHashMap<>();

    /** A device of zeros with 512 byte blocks. */
    public MemoryBlockDevice(long sizeBytes) {
        this(sizeBytes, 512);
    }

    public MemoryBlockDevice(long sizeBytes, int blockSize) {
        if (sizeBytes < blockSize || sizeBytes % blockSize != 0) {
            throw new IllegalArgumentException(sizeBytes + " bytes are not whole blocks of " + blockSize);
        }
        this.sizeBytes = sizeBytes;
        this.blockSize = blockSize;
    }

    /** Bytes of memory in use. */
    public long allocatedBytes() {
        return (long) pages.size() * PAGE_BYTES;
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
        return false;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        Objects.checkFromIndexSize(offset, target.remaining(), sizeBytes);
        long position = offset;
        while (target.hasRemaining()) {
            int within = (int) (position % PAGE_BYTES);
            int count = Math.min(PAGE_BYTES - within, target.remaining());
            byte[] page = pages.get(position / PAGE_BYTES);
            if (page == null) {
                target.put(new byte[count]);
            } else {
                synchronized (page) {
                    target.put(page, within, count);
                }
            }
            position += count;
        }
    }

    @Override
    public void write(long offset, ByteBuffer source) {
        Objects.checkFromIndexSize(offset, source.remaining(), sizeBytes);
        long position = offset;
        while (source.hasRemaining()) {
            int within = (int) (position % PAGE_BYTES);
            int count = Math.min(PAGE_BYTES - within, source.remaining());
            ByteBuffer part = source.slice().limit(count);
            pages.compute(position / PAGE_BYTES, (number, existing) -> {
                byte[] page = existing == null ? new byte[PAGE_BYTES] : existing;
                synchronized (page) {
                    part.get(page, within, count);
                }
                return page;
            });
            source.position(source.position() + count);
            position += count;
        }
    }

    @Override
    public void unmap(long offset, long length) {
        Objects.checkFromIndexSize(offset, length, sizeBytes);
        long end = offset + length;
        long position = offset;
        while (position < end) {
            int within = (int) (position % PAGE_BYTES);
            int count = (int) Math.min(PAGE_BYTES - within, end - position);
            pages.computeIfPresent(position / PAGE_BYTES, (number, page) -> {
                if (count == PAGE_BYTES) {
                    return null;
                }
                synchronized (page) {
                    java.util.Arrays.fill(page, within, within + count, (byte) 0);
                }
                return page;
            });
            position += count;
        }
    }

    @Override
    public void flush() throws IOException {
        // nothing to do: memory is as durable as it gets
    }

    @Override
    public AllocatedRange allocation(long offset, long length) {
        long end = offset + length;
        boolean mapped = pages.containsKey(offset / PAGE_BYTES);
        long position = (offset / PAGE_BYTES + 1) * PAGE_BYTES;
        // Bounded look-ahead: terabytes of hole must not be walked page by page for one answer.
        long lookAhead = Math.min(end, position + 4096L * PAGE_BYTES);
        while (position < lookAhead && pages.containsKey(position / PAGE_BYTES) == mapped) {
            position += PAGE_BYTES;
        }
        return new AllocatedRange(mapped ? Allocation.MAPPED : Allocation.HOLE, Math.min(position, end) - offset);
    }

    @Override
    public void close() {
        pages.clear();
    }
}
