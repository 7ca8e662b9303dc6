package org.understudy.agent.transfer;

import java.util.List;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** The blocks of a scan, asked for in ascending order. Not thread-safe. */
final class BlockScope {

    private final List<Extent> extents;
    private final long blockSize;
    private int at;

    BlockScope(ExtentSet scope, int blockSize) {
        extents = scope.extents();
        this.blockSize = blockSize;
    }

    /** Whether the block is looked at. Blocks of a scope are whole, so that its first byte decides. */
    boolean contains(long block) {
        long offset = block * blockSize;
        while (at < extents.size() && extents.get(at).end() <= offset) {
            at++;
        }
        return at < extents.size() && extents.get(at).offset() <= offset;
    }
}
