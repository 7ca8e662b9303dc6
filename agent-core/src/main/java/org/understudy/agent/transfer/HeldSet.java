package org.understudy.agent.transfer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.core.digest.DigestReader;

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

    /** Writes the digests of {@code head} with the held differences over them. */
    void writeDigests(@Nullable Path head, Path target) throws IOException {
        List<DigestReader.Entry> blocks = held.blocks().stream()
                .map(block -> new DigestReader.Entry(block.block(), block.digest()))
                .toList();
        DigestOverlay.write(head, blocks, held.clearedRanges(), target, diskBytes, blockSize);
    }
}
