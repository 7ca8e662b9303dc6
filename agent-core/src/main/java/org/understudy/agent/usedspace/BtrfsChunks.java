package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/** Where the logical addresses of a btrfs lie on its only device: one place, or several copies. */
final class BtrfsChunks {

    /** Striped or with parity; one stripe alone is linear all the same. */
    private static final long STRIPED = 0x8 | 0x40 | 0x80 | 0x100;

    private record Chunk(long length, long[] places) {}

    private final long deviceId;
    private final long deviceBytes;
    private final TreeMap<Long, Chunk> chunks = new TreeMap<>();

    BtrfsChunks(long deviceId, long deviceBytes) {
        this.deviceId = deviceId;
        this.deviceBytes = deviceBytes;
    }

    /**
     * Adds the chunk item at {@code at}.
     *
     * @return its length in bytes
     */
    int add(long logical, ByteBuffer bytes, int at, int limit) throws UnmappableException {
        require(at + 48 <= limit, "a chunk item is damaged");
        long length = bytes.getLong(at);
        long type = bytes.getLong(at + 24);
        int stripes = bytes.getShort(at + 44) & 0xffff;
        int itemBytes = 48 + 32 * stripes;
        require(
                stripes > 0
                        && stripes <= 16
                        && at + itemBytes <= limit
                        && length > 0
                        && length <= deviceBytes
                        && logical >= 0,
                "a chunk item is damaged");
        require((type & STRIPED) == 0 || stripes == 1, "its chunks are striped");
        long[] places = new long[stripes];
        for (int i = 0; i < stripes; i++) {
            int stripe = at + 48 + 32 * i;
            places[i] = bytes.getLong(stripe + 8);
            require(bytes.getLong(stripe) == deviceId, "a chunk lies on another device");
            require(places[i] >= 0 && places[i] <= deviceBytes - length, "a chunk lies outside of the device");
        }
        Map.Entry<Long, Chunk> before = chunks.lowerEntry(logical);
        Long after = chunks.higherKey(logical);
        require(
                logical <= Long.MAX_VALUE - length
                        && (before == null
                                || before.getKey() + before.getValue().length() <= logical)
                        && (after == null || logical + length <= after),
                "chunks overlap");
        chunks.put(logical, new Chunk(length, places));
        return itemBytes;
    }

    private Map.Entry<Long, Chunk> chunkOf(long logical, long length) throws UnmappableException {
        Map.Entry<Long, Chunk> chunk =
                Volume.present(chunks.floorEntry(logical), "an extent lies outside of all chunks");
        require(
                logical >= 0 && length > 0 && length <= chunk.getValue().length() - (logical - chunk.getKey()),
                "an extent lies outside of all chunks");
        return chunk;
    }

    /** Where the copies of a range begin. */
    long[] places(long logical, long length) throws UnmappableException {
        Map.Entry<Long, Chunk> chunk = chunkOf(logical, length);
        long[] places = chunk.getValue().places().clone();
        for (int i = 0; i < places.length; i++) {
            places[i] += logical - chunk.getKey();
        }
        return places;
    }

    /** Adds all copies of a range. */
    void addUsed(long logical, long length, ExtentCollector used) throws UnmappableException {
        Map.Entry<Long, Chunk> chunk = chunkOf(logical, length);
        for (long place : chunk.getValue().places()) {
            long start = place + logical - chunk.getKey();
            used.add(start, start + length);
        }
    }
}
