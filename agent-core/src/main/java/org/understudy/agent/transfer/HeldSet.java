package org.understudy.agent.transfer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.DigestWriter;

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
        try (HeadCursor cursor = new HeadCursor(head);
                DigestWriter writer = new DigestWriter(Files.newOutputStream(target), diskBytes, blockSize)) {
            Cleared cleared = new Cleared(held.clearedRanges());
            List<HoldingSink.Held> blocks = held.blocks();
            for (HoldingSink.Held block : blocks) {
                cursor.skipTo(block.block(), (kept, digest) -> putUnlessCleared(writer, cleared, kept, digest));
                cursor.take(block.block());
                writer.put(block.block(), block.digest());
            }
            cursor.skipTo(Long.MAX_VALUE, (kept, digest) -> putUnlessCleared(writer, cleared, kept, digest));
            writer.finish();
        }
    }

    private static void putUnlessCleared(DigestWriter writer, Cleared cleared, long block, BlockDigest digest)
            throws IOException {
        if (!cleared.contains(block)) {
            writer.put(block, digest);
        }
    }

    /** Cleared ranges, asked for in ascending order. */
    private static final class Cleared {

        private final long[] ranges;
        private int at;

        Cleared(long[] ranges) {
            this.ranges = ranges;
        }

        boolean contains(long block) {
            while (at < ranges.length && ranges[at + 1] <= block) {
                at += 2;
            }
            return at < ranges.length && ranges[at] <= block;
        }
    }
}
