package org.understudy.core.digest;

import java.io.IOException;
import java.util.Optional;

/** The digests of a disk image, block by block in ascending order, without the blocks that are zero. Not thread-safe. */
public interface DigestEntries extends AutoCloseable {

    /** Bytes of the disk. */
    long diskBytes();

    /** Bytes of a block. */
    int blockSize();

    /**
     * The next block that is not zero, or empty at the end.
     *
     * @throws CorruptDigestFileException if the digests must not be believed; decide nothing final before the end was reached
     */
    Optional<DigestReader.Entry> next() throws IOException;

    @Override
    void close() throws IOException;
}
