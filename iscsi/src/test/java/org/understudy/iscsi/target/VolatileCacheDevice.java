package org.understudy.iscsi.target;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.MemoryBlockDevice;

/**
 * A disk with a write cache that a power cut empties: of what was not flushed, any blocks may have reached the medium and any
 * others not, in any order, so that of a block written several times any version may be left; but none in part.
 */
final class VolatileCacheDevice implements BlockDevice {

    private static final int BLOCK = 512;

    private final MemoryBlockDevice medium;
    private final TreeMap<Long, List<byte[]>> cache = new TreeMap<>();
    private long callsLeft = Long.MAX_VALUE;
    int flushes;

    VolatileCacheDevice(long size) {
        this(new MemoryBlockDevice(size));
    }

    /** With an empty cache before a medium that survived. */
    VolatileCacheDevice(MemoryBlockDevice medium) {
        this.medium = medium;
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
        List<byte[]> cached = cache.get(number);
        if (cached != null) {
            return cached.get(cached.size() - 1);
        }
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        medium.read(number * BLOCK, block);
        return block.array();
    }

    @Override
    public synchronized void write(long offset, ByteBuffer source) throws IOException {
        powered();
        long position = offset;
        while (source.hasRemaining()) {
            byte[] block = new byte[BLOCK];
            source.get(block);
            cache.computeIfAbsent(position / BLOCK, number -> new ArrayList<>()).add(block);
            position += BLOCK;
        }
    }

    @Override
    public synchronized void unmap(long offset, long length) throws IOException {
        write(offset, ByteBuffer.allocate((int) length));
    }

    @Override
    public synchronized void flush() throws IOException {
        powered();
        flushes++;
        cache.forEach((number, blocks) -> medium.write(number * BLOCK, ByteBuffer.wrap(blocks.get(blocks.size() - 1))));
        cache.clear();
    }

    /** The power goes before the write or flush after so many more: from then on all fail. */
    synchronized void losePowerAfter(long calls) {
        callsLeft = calls;
    }

    private void powered() throws IOException {
        if (callsLeft == 0) {
            throw new IOException("the power is gone");
        }
        callsLeft--;
    }

    /** What is left after the power went; chance decides over blocks that were not flushed. */
    synchronized MemoryBlockDevice powerCut(Random random) {
        cache.forEach((number, blocks) -> {
            int survivor = random.nextInt(blocks.size() + 1);
            if (survivor < blocks.size()) {
                medium.write(number * BLOCK, ByteBuffer.wrap(blocks.get(survivor)));
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
