package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.understudy.agent.disk.DiskReader;

/** Sums of 64 KiB blocks, for disks that are too large to be kept in memory twice: two of 32 bits, against blocks that only seem equal. */
final class BlockSums {

    static final int BLOCK = 64 << 10;
    private static final int PIECE = 1 << 20;

    private final long[] sums;

    private BlockSums(long[] sums) {
        this.sums = sums;
    }

    /** Reads all of a disk that stands still. */
    static BlockSums of(DiskReader disk) throws IOException {
        long size = disk.sizeBytes();
        long[] sums = new long[Math.toIntExact((size + BLOCK - 1) / BLOCK)];
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE + 4096).alignedSlice(4096);
        CRC32 one = new CRC32();
        CRC32C other = new CRC32C();
        for (long at = 0; at < size; at += PIECE) {
            int length = (int) Math.min(PIECE, size - at);
            piece.clear().limit(length);
            disk.read(at, piece);
            for (int start = 0; start < length; start += BLOCK) {
                ByteBuffer block = piece.slice(start, Math.min(BLOCK, length - start));
                one.reset();
                other.reset();
                one.update(block.duplicate());
                other.update(block);
                sums[(int) ((at + start) / BLOCK)] = one.getValue() << 32 | other.getValue();
            }
        }
        return new BlockSums(sums);
    }

    int blocks() {
        return sums.length;
    }

    /** Whether a block is another one than in {@code before}. */
    boolean differs(int block, BlockSums before) {
        return sums[block] != before.sums[block];
    }

    int differences(BlockSums before) {
        int different = 0;
        for (int block = 0; block < sums.length; block++) {
            different += differs(block, before) ? 1 : 0;
        }
        return different;
    }
}
