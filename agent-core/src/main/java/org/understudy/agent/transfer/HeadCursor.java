package org.understudy.agent.transfer;

import java.io.IOException;
import java.util.List;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * Walks through those of a head's digests that a scan asks for, in ascending order beside it. Others are not even read. Digests of blocks
 * that it has passed may be replaced meanwhile. Not thread-safe.
 */
final class HeadCursor {

    private static final long UNKNOWN = -2;

    private final HeadDigests digests;
    private final List<Extent> scope;
    private final int blockSize;
    private int range;
    private long at;
    private long next = UNKNOWN;

    /** @param scope whole blocks */
    HeadCursor(HeadDigests digests, ExtentSet scope, int blockSize) {
        this.digests = digests;
        this.scope = scope.extents();
        this.blockSize = blockSize;
    }

    /** Told about blocks that are not zero in the head and were passed over. */
    @FunctionalInterface
    interface Skipped {
        void block(long block, BlockDigest digest) throws IOException;
    }

    /** Passes over all blocks before {@code block}; those in the scope are told. */
    void skipTo(long block, Skipped skipped) throws IOException {
        for (long found = peek(); found >= 0 && found < block; found = peek()) {
            pass(found);
            skipped.block(found, digests.get(found));
        }
        at = Math.max(at, block);
    }

    /** The head's digest of {@code block}, to which the caller has skipped; each block is asked for at most once. */
    BlockDigest take(long block) throws IOException {
        BlockDigest digest = digests.get(block);
        pass(block);
        return digest;
    }

    private void pass(long block) {
        at = block + 1;
        if (next <= block) {
            next = UNKNOWN;
        }
    }

    /** The next block in the scope that is not zero, or -1. */
    private long peek() throws IOException {
        if (next != UNKNOWN) {
            return next;
        }
        next = -1;
        while (range < scope.size()) {
            long first = Math.max(at, scope.get(range).offset() / blockSize);
            long end = (scope.get(range).end() + blockSize - 1) / blockSize;
            long found = first < end ? digests.next(first) : -1;
            if (found >= 0 && found < end) {
                next = found;
                break;
            }
            if (found < 0 && first < end) {
                range = scope.size();
            } else if (found >= 0) {
                skipRangesBefore(found);
            } else {
                range++;
            }
        }
        return next;
    }

    private void skipRangesBefore(long block) {
        while (range < scope.size() && (scope.get(range).end() + blockSize - 1) / blockSize <= block) {
            range++;
        }
    }
}
