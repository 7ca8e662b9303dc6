package org.understudy.iscsi.initiator;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.device.BlockDevice;

/**
 * A logical unit of a remote target. Offsets and lengths are bytes and must be multiples of the block size
 * ({@link IllegalArgumentException} otherwise). Transfers of any length are cut into commands and pipelined. Writes in flight
 * at the same time must not overlap: the target may execute them in any order. Thread-safe.
 */
public final class RemoteDisk implements BlockDevice {

    RemoteDisk() {}

    @Override
    public long sizeBytes() {
        throw new UnsupportedOperationException();
    }

    @Override
    public int blockSize() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean readOnly() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IscsiException {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts a read; fails with an {@link IscsiException}. Blocks while the window is full. {@code target} belongs to the
     * session until completion; its position is advanced at once.
     */
    public CompletableFuture<Void> readAsync(long offset, ByteBuffer target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IscsiException {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts a write; fails with an {@link IscsiException}. Blocks while the window is full (back-pressure). {@code source}
     * belongs to the session until completion; its position is advanced at once. Durable only after {@link #flush}.
     */
    public CompletableFuture<Void> writeAsync(long offset, ByteBuffer source) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void unmap(long offset, long length) throws IscsiException {
        throw new UnsupportedOperationException();
    }

    /** SYNCHRONIZE CACHE: everything completed before the call is durable when it returns. */
    @Override
    public void flush() throws IscsiException {
        throw new UnsupportedOperationException();
    }

    /** Does nothing: the disk lives as long as its session. */
    @Override
    public void close() {
        // the session owns the connection
    }
}
