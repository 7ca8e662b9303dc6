package org.understudy.agent.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.understudy.agent.scan.ScannedWindow;
import org.understudy.agent.snapshot.HoldBudget;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.extent.Extent;

/** Keeps differences in memory, within a budget. Writes nothing. Not thread-safe. */
final class HoldingSink implements ChangeSink {

    /** Rough size of a held block without its content. */
    private static final int BLOCK_OVERHEAD = 256;

    /** Size of a cleared range, the most that a cleared block takes. */
    static final int CLEARED_BYTES = 2 * Long.BYTES;

    private final HoldBudget budget;
    private final int blockSize;
    private final List<Held> blocks = new ArrayList<>();
    private long[] cleared = new long[64];
    private int clearedLength;

    /**
     * A changed block that is not zero.
     *
     * @param content its normalised content, from index 0 to the limit
     */
    record Held(long block, BlockDigest digest, ByteBuffer content, List<Extent> used, boolean headIsZero) {}

    HoldingSink(HoldBudget budget, int blockSize) {
        this.budget = budget;
        this.blockSize = blockSize;
    }

    @Override
    public void same(long block, BlockDigest digest) {
        // Nothing to keep: the head's digests have it.
    }

    @Override
    public void changed(ScannedWindow window, int index, boolean headIsZero) throws IOException {
        budget.take(BLOCK_OVERHEAD);
        ByteBuffer content = window.block(index);
        ByteBuffer copy = budget.allocate(content.remaining());
        copy.put(content).flip();
        blocks.add(new Held(
                window.firstBlock() + index, window.digests().get(index), copy, window.usedOf(index), headIsZero));
    }

    @Override
    public void cleared(long block) throws IOException {
        if (clearedLength > 0 && cleared[clearedLength - 1] == block) {
            cleared[clearedLength - 1] = block + 1;
            return;
        }
        budget.take(CLEARED_BYTES);
        if (clearedLength == cleared.length) {
            cleared = Arrays.copyOf(cleared, cleared.length * 2);
        }
        cleared[clearedLength++] = block;
        cleared[clearedLength++] = block + 1;
    }

    @Override
    public CompletableFuture<Void> endWindow() {
        return CompletableFuture.completedFuture(null);
    }

    /** Changed blocks, ascending. */
    List<Held> blocks() {
        return blocks;
    }

    /** Ranges of cleared blocks, ascending, as first block and block after the last in turn. */
    long[] clearedRanges() {
        return Arrays.copyOf(cleared, clearedLength);
    }

    int blockSize() {
        return blockSize;
    }
}
