package org.understudy.agent.disk;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads a disk as it is on the medium, never through a page cache that may be stale: a mounted device read with buffering was
 * measured to return thousands of old blocks. Thread-safe.
 */
public interface DiskReader extends AutoCloseable {

    long sizeBytes();

    /** Bytes of a logical block. Readers accept any offset and length; aligned ones are faster. */
    int logicalBlockSize();

    /**
     * Fills the remaining bytes of {@code target} from {@code offset}.
     *
     * @throws IOException if the medium fails or the range reaches past the end
     */
    void read(long offset, ByteBuffer target) throws IOException;

    @Override
    void close() throws IOException;
}
