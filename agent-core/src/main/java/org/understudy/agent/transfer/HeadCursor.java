package org.understudy.agent.transfer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.DigestReader;

/** Walks through a head's digests in ascending order beside a scan. No file stands for a head of zeros. Not thread-safe. */
final class HeadCursor implements AutoCloseable {

    private final @Nullable DigestReader reader;
    private DigestReader.@Nullable Entry next;

    HeadCursor(@Nullable Path digests) throws IOException {
        reader = digests == null ? null : new DigestReader(Files.newInputStream(digests));
        advance();
    }

    /** Told about blocks that are not zero in the head and were passed over. */
    @FunctionalInterface
    interface Skipped {
        void block(long block, BlockDigest digest) throws IOException;
    }

    /** Passes over all blocks before {@code block}. */
    void skipTo(long block, Skipped skipped) throws IOException {
        while (next != null && next.block() < block) {
            skipped.block(next.block(), next.digest());
            advance();
        }
    }

    /** The head's digest of {@code block}, to which the caller has skipped; each block is asked for at most once. */
    BlockDigest take(long block) throws IOException {
        if (next == null || next.block() != block) {
            return BlockDigest.ZERO;
        }
        BlockDigest digest = next.digest();
        advance();
        return digest;
    }

    private void advance() throws IOException {
        next = reader == null ? null : reader.next().orElse(null);
    }

    @Override
    public void close() throws IOException {
        if (reader != null) {
            reader.close();
        }
    }
}
