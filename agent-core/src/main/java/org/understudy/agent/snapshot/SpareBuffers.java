package org.understudy.agent.snapshot;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Buffers outside of the Java heap that a run does not need any more and the next one may use. Without them each run leaves buffers that only a
 * collection frees, and a heap that hardly grows is seldom collected. Keeps a bounded number of bytes; what is more is left to the
 * collection. Thread-safe.
 */
public final class SpareBuffers {

    private final long mostBytes;
    private final Map<Integer, Deque<ByteBuffer>> bySize = new HashMap<>();
    private long bytes;

    /** @param mostBytes bytes that are kept at the most */
    public SpareBuffers(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * A buffer of exactly {@code size} bytes, whose content is whatever was there.
     *
     * @throws OutOfMemoryError if there is no spare one and the platform gives none
     */
    synchronized ByteBuffer take(int size) {
        Deque<ByteBuffer> spare = bySize.get(size);
        ByteBuffer buffer = spare == null ? null : spare.poll();
        if (buffer == null) {
            return ByteBuffer.allocateDirect(size);
        }
        bytes -= size;
        return buffer.clear();
    }

    /** Keeps a buffer that nobody uses any more, neither the kernel nor another thread. */
    synchronized void give(ByteBuffer buffer) {
        int size = buffer.capacity();
        if (bytes + size <= mostBytes) {
            bySize.computeIfAbsent(size, key -> new ArrayDeque<>()).push(buffer);
            bytes += size;
        }
    }

    /** Bytes that are kept now. */
    synchronized long bytes() {
        return bytes;
    }

    /** Leaves all of them to the next collection. */
    public synchronized void drop() {
        bySize.clear();
        bytes = 0;
    }
}
