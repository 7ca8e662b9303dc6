package org.understudy.agent.scan;

import java.nio.ByteBuffer;
import java.util.List;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.extent.Extent;

/**
 * A window with its normalised content. The content is valid until the future that the consumer returned is complete.
 *
 * @param content from index 0 to the limit: the bytes of the window, unused ones zero
 * @param digests one for each block
 * @param blockSize bytes of a block; the last one may be short
 */
public record ScannedWindow(Window window, ByteBuffer content, List<BlockDigest> digests, int blockSize) {

    public long firstBlock() {
        return window.offset() / blockSize;
    }

    public int blocks() {
        return digests.size();
    }

    /** Content of the block at {@code index} of this window. */
    public ByteBuffer block(int index) {
        int start = index * blockSize;
        return content.slice(start, Math.min(blockSize, content.limit() - start));
    }

    /** Used extents that touch the block at {@code index}, cut to it. */
    public List<Extent> usedOf(int index) {
        long start = window.offset() + (long) index * blockSize;
        long end = Math.min(start + blockSize, window.offset() + window.length());
        return window.used().stream()
                .filter(e -> e.offset() < end && start < e.end())
                .map(e -> Extent.between(Math.max(start, e.offset()), Math.min(end, e.end())))
                .toList();
    }
}
