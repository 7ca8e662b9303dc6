package org.understudy.iscsi.target;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.TreeMap;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.MemoryBlockDevice;

/**
 * A disk with a write cache that a power cut empties: of what was not flushed, any blocks may have reached the medium and any
 * others not, but none in part.
 */
final class VolatileCacheDevice implements BlockDevice {

    private static final int BLOCK = 512;

    private final MemoryBlockDevice medium;
    private final TreeMap<Long, byte[]> cache = new TreeMap<>();
    int flushes;

    VolatileCacheDevice(long size) {
        this.medium = new MemoryBlockDevice(size);
    }

    @Override
    public long sizeBytes() {
        return medium.sizeBytes();
    }

    @Override
    public int blockSize() {
        return BLOCK;
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public synchronized void read(long offset, ByteBuffer target) {
        long position = offset;
        while (target.hasRemaining()) {
            target.put(block(position / BLOCK));
            position += BLOCK;
        }
    }

    private byte[] block(long number) {
        byte[] cached = cache.get(number);
        if (cached != null) {
            return cached;
        }
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        medium.read(number * BLOCK, block);
        return block.array();
    }

    @Override
    public synchronized void write(long offset, ByteBuffer source) {
        long position = offset;
        while (source.hasRemaining()) {
            byte[] block = new byte[BLOCK];
            source.get(block);
            cache.put(position / BLOCK, block);
            position += BLOCK;
        }
    }

    @Override
    public synchronized void unmap(long offset, long length) {
        write(offset, ByteBuffer.allocate((int) length));
    }

    @Override
    public synchronized void flush() {
        flushes++;
        cache.forEach((number, block) -> medium.write(number * BLOCK, ByteBuffer.wrap(block)));
        cache.clear();
    }

    /** What is left after the power went; chance decides over blocks that were not flushed. */
    synchronized MemoryBlockDevice powerCut(Random random) {
        cache.forEach((number, block) -> {
            if (random.nextBoolean()) {
                medium.write(number * BLOCK, ByteBuffer.wrap(block));
            }
        });
        cache.clear();
        return medium;
    }

    @Override
    public void close() {
        // the medium outlives its export, so that the test can look at it
    }
}
