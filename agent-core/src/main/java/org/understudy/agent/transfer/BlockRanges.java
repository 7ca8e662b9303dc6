package org.understudy.agent.transfer;

/** Ranges of blocks, asked for in ascending order. Not thread-safe. */
final class BlockRanges {

    private final long[] ranges;
    private int at;

    /**
     * @param ranges ascending, as first block and block after the last in turn
     */
    BlockRanges(long[] ranges) {
        this.ranges = ranges;
    }

    boolean contains(long block) {
        while (at < ranges.length && ranges[at + 1] <= block) {
            at += 2;
        }
        return at < ranges.length && ranges[at] <= block;
    }
}
