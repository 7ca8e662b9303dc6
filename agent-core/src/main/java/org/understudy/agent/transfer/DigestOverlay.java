package org.understudy.agent.transfer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.DigestReader;
import org.understudy.core.digest.DigestWriter;

/** Writes the digests of a head with others over them. Stateless. */
final class DigestOverlay {

    private DigestOverlay() {}

    /**
     * Writes a digest file.
     *
     * @param head what lies below; null for a head of zeros
     * @param blocks digests that replace those of the head, ascending
     * @param cleared ranges of blocks that are zero now, ascending, as first block and block after the last in turn
     */
    static void write(
            @Nullable Path head,
            List<DigestReader.Entry> blocks,
            long[] cleared,
            Path target,
            long diskBytes,
            int blockSize)
            throws IOException {
        try (HeadCursor cursor = new HeadCursor(head);
                DigestWriter writer = new DigestWriter(Files.newOutputStream(target), diskBytes, blockSize)) {
            BlockRanges zeros = new BlockRanges(cleared);
            HeadCursor.Skipped keep = (block, digest) -> putUnlessCleared(writer, zeros, block, digest);
            for (DigestReader.Entry entry : blocks) {
                cursor.skipTo(entry.block(), keep);
                cursor.take(entry.block());
                writer.put(entry.block(), entry.digest());
            }
            cursor.skipTo(Long.MAX_VALUE, keep);
            writer.finish();
        }
    }

    private static void putUnlessCleared(DigestWriter writer, BlockRanges zeros, long block, BlockDigest digest)
            throws IOException {
        if (!zeros.contains(block)) {
            writer.put(block, digest);
        }
    }
}
