package org.understudy.agent.transfer;

import java.io.IOException;
import org.understudy.core.digest.BlockDigest;

/** Held differences on their way to the LUN and into the head's digests. Used by one thread. */
final class HeldSet {

    private final HoldingSink held;
    private final long diskBytes;
    private final int blockSize;

    HeldSet(HoldingSink held, long diskBytes) {
        this.held = held;
        this.diskBytes = diskBytes;
        blockSize = held.blockSize();
    }

    /** Sends all; returns when all is answered. */
    void send(VolumeWriter writer) {
        for (HoldingSink.Held block : held.blocks()) {
            BlockDifference.apply(
                    block.block() * blockSize,
                    block.content(),
                    0,
                    block.content().limit(),
                    block.used(),
                    block.headIsZero(),
                    writer);
        }
        long[] cleared = held.clearedRanges();
        for (int i = 0; i < cleared.length; i += 2) {
            long start = cleared[i] * blockSize;
            long end = Math.min(diskBytes, cleared[i + 1] * blockSize);
            if (start < end) {
                writer.clear(start, end - start);
            }
        }
        writer.drain();
    }

    /** Puts the digests of the held differences over those of the head. */
    void putDigests(HeadDigests digests) throws IOException {
        for (HoldingSink.Held block : held.blocks()) {
            digests.put(block.block(), block.digest());
        }
        long[] cleared = held.clearedRanges();
        for (int i = 0; i < cleared.length; i += 2) {
            for (long block = cleared[i]; block < cleared[i + 1]; block++) {
                digests.put(block, BlockDigest.ZERO);
            }
        }
    }
}
