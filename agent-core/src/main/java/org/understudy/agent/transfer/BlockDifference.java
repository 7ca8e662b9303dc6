package org.understudy.agent.transfer;

import java.nio.ByteBuffer;
import java.util.List;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.extent.Extent;

/** Brings one block of a LUN to new content with as few bytes as possible. Stateless. */
final class BlockDifference {

    /** Zeros inside a block are looked for in pieces of this size. */
    static final int CELL_BYTES = 4096;

    private BlockDifference() {}

    /**
     * Writes what is used and not zero; unmaps the rest unless the LUN has zeros there anyway.
     *
     * @param offset where the block lies on the disk
     * @param content buffer that holds the normalised block
     * @param start index of the block in {@code content}
     * @param length bytes of the block
     * @param used used extents of the block, multiples of the LUN's block size
     * @param headIsZero whether the LUN's block is all zeros
     */
    static void apply(
            long offset,
            ByteBuffer content,
            int start,
            int length,
            List<Extent> used,
            boolean headIsZero,
            VolumeWriter writer) {
        long at = offset;
        for (Extent extent : used) {
            clear(writer, at, extent.offset(), headIsZero);
            long cellStart = extent.offset();
            while (cellStart < extent.end()) {
                long cellEnd = Math.min(extent.end(), cellStart / CELL_BYTES * CELL_BYTES + CELL_BYTES);
                int index = start + (int) (cellStart - offset);
                int cellLength = (int) (cellEnd - cellStart);
                if (BlockDigest.isZero(content.slice(index, cellLength))) {
                    clear(writer, cellStart, cellEnd, headIsZero);
                } else {
                    writer.write(cellStart, content, index, cellLength);
                }
                cellStart = cellEnd;
            }
            at = extent.end();
        }
        clear(writer, at, offset + length, headIsZero);
    }

    private static void clear(VolumeWriter writer, long start, long end, boolean headIsZero) {
        if (!headIsZero && start < end) {
            writer.clear(start, end - start);
        }
    }
}
