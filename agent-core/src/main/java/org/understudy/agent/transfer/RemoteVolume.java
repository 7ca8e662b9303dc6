package org.understudy.agent.transfer;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * A LUN of the appliance that receives one disk. Offsets and lengths are bytes and multiples of {@link #blockSize}. Failures are
 * {@link org.understudy.core.problem.ProblemException} with {@code ISCSI_CONNECTION_LOST} or {@code ISCSI_IO_FAILED}. Thread-safe.
 */
public interface RemoteVolume {

    long sizeBytes();

    /** Bytes of a LUN block. */
    int blockSize();

    /**
     * Starts to write the remaining bytes of {@code data}, whose position is advanced at once and whose content must stay until the
     * future completes. Blocks while too much is in flight. Writes in flight must not overlap.
     */
    CompletableFuture<Void> write(long offset, ByteBuffer data);

    /**
     * Starts to read what the LUN holds, as writes that were answered have left it, into the remaining bytes of {@code target}, whose
     * position is advanced at once and which belongs to the volume until the future completes. Blocks while too much is in flight.
     */
    CompletableFuture<Void> read(long offset, ByteBuffer target);

    /**
     * Releases a range, which reads as zeros from then on, whatever its alignment to the blocks of the storage below. Returns when it
     * is done.
     */
    void unmap(long offset, long length);

    /** Makes everything that was answered before durable. */
    void flush();
}
