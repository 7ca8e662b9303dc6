package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A random-access store of fixed size. Offsets and lengths are bytes; they need not be block-aligned unless an adapter says
 * so, and must lie inside the device ({@link IndexOutOfBoundsException} otherwise). Thread-safe: calls may overlap in time;
 * the outcome of overlapping writes to the same bytes is one or the other per block.
 */
public interface BlockDevice extends AutoCloseable {

    /** Size now; may grow or shrink for devices that can be resized. */
    long sizeBytes();

    /**
     * Asks what is below how large it is, after it was grown or shrunk. Adapters whose size cannot change do nothing; wrappers
     * pass it on.
     */
    default void refreshSize() throws IOException {
        // of a fixed size
    }

    /** Logical block size in bytes: 512 or 4096. */
    int blockSize();

    /** True if {@link #write} and {@link #unmap} always fail with {@link ReadOnlyDeviceException}. */
    boolean readOnly();

    /** Fills {@code target.remaining()} bytes from {@code offset}; a short read is an exception. */
    void read(long offset, ByteBuffer target) throws IOException;

    /** Writes {@code source.remaining()} bytes. Readable at once; durable only after {@link #flush}. */
    void write(long offset, ByteBuffer source) throws IOException;

    /** Makes the range read as zeros and gives its space back where the adapter can. Durable only after {@link #flush}. */
    void unmap(long offset, long length) throws IOException;

    /** Returns when everything written before the call survives a power cut. */
    void flush() throws IOException;

    /**
     * How the range that starts at {@code offset} is stored. The answer holds for at least one byte and never reaches past
     * {@code offset + length}. Devices that do not know answer {@link Allocation#MAPPED} for the whole range.
     */
    default AllocatedRange allocation(long offset, long length) throws IOException {
        return new AllocatedRange(Allocation.MAPPED, length);
    }

    /** Idempotent. Calls after it, or in progress, may fail with an {@link IOException}. */
    @Override
    void close() throws IOException;

    /** Whether bytes take up space. */
    enum Allocation {
        MAPPED,
        HOLE
    }

    /**
     * @param allocation how the bytes are stored
     * @param length number of bytes for which that holds
     */
    record AllocatedRange(Allocation allocation, long length) {}
}
