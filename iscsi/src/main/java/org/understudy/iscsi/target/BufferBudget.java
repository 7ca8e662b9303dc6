package org.understudy.iscsi.target;

import java.io.IOException;
import java.time.Duration;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.pdu.BufferPool;

/**
 * The share of the buffer pool that one connection may hold in one direction. Whoever asks for more waits until the
 * connection's own data was written, so a slow peer blocks nobody but itself. Thread-safe.
 */
final class BufferBudget {

    private final BufferPool pool;
    private final long limitBytes;
    private final Duration patience;
    private long usedBytes;
    private boolean closed;

    BufferBudget(BufferPool pool, long limitBytes, Duration patience) {
        this.pool = pool;
        this.limitBytes = limitBytes;
        this.patience = patience;
    }

    /**
     * A buffer of at least {@code bytes}; waits while the budget is used up.
     *
     * @throws ConnectionLost if the connection ends meanwhile, or the whole server has no buffer for too long
     */
    DataBuffer acquire(int bytes) throws IOException {
        int size = BufferPool.roundedSize(bytes);
        try {
            synchronized (this) {
                while (!closed && usedBytes > 0 && usedBytes + size > limitBytes) {
                    wait();
                }
                if (closed) {
                    throw new ConnectionLost("connection was closed");
                }
                usedBytes += size;
            }
            return lease(bytes, size);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectionLost("interrupted", e);
        }
    }

    private DataBuffer lease(int bytes, int size) throws IOException, InterruptedException {
        boolean done = false;
        try {
            BufferPool.Lease lease = pool.acquire(bytes, patience)
                    .orElseThrow(() -> new ConnectionLost("no buffer was free for " + patience));
            done = true;
            return new DataBuffer(lease, this);
        } finally {
            if (!done) {
                giveBack(size);
            }
        }
    }

    /** True if {@code bytes} can be had without waiting for this connection's own data. */
    synchronized boolean hasRoomFor(int bytes) {
        return usedBytes + BufferPool.roundedSize(bytes) <= limitBytes;
    }

    synchronized long usedBytes() {
        return usedBytes;
    }

    synchronized void giveBack(int size) {
        usedBytes -= size;
        notifyAll();
    }

    /** Fails everybody who waits or will ask. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
