package org.understudy.agent.transfer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.DigestWriter;

/**
 * The digest file that follows another. It is begun at the first difference, by copying what came before: a pass without
 * difference writes nothing, so that it does not change the disk that it reads. Not thread-safe.
 */
final class DigestFork implements AutoCloseable {

    private final @Nullable Path head;
    private final Path target;
    private final long diskBytes;
    private final int blockSize;
    private @Nullable DigestWriter writer;

    DigestFork(@Nullable Path head, Path target, long diskBytes, int blockSize) {
        this.head = head;
        this.target = target;
        this.diskBytes = diskBytes;
        this.blockSize = blockSize;
    }

    /** The block has the digest that it has in the head. */
    void same(long block, BlockDigest digest) throws IOException {
        if (writer != null) {
            writer.put(block, digest);
        }
    }

    /** The block has another digest than in the head; zero if it is cleared. */
    void differs(long block, BlockDigest digest) throws IOException {
        if (writer == null) {
            writer = copyBefore(block);
        }
        writer.put(block, digest);
    }

    private DigestWriter copyBefore(long block) throws IOException {
        DigestWriter copy = new DigestWriter(Files.newOutputStream(target), diskBytes, blockSize);
        try (HeadCursor cursor = new HeadCursor(head)) {
            cursor.skipTo(block, copy::put);
        }
        return copy;
    }

    /** Ends the file. Returns whether there is one: without any difference the head's file still says it all. */
    boolean finish() throws IOException {
        if (writer == null) {
            return false;
        }
        writer.finish();
        writer.close();
        writer = null;
        return true;
    }

    /** Closes a file that was not finished. */
    @Override
    public void close() throws IOException {
        if (writer != null) {
            writer.close();
        }
    }
}
