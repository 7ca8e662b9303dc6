package org.understudy.agent.snapshot;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.scan.ScanCost;
import org.understudy.core.extent.ExtentSet;

/**
 * Pieces of a disk in memory, over what its LUN holds: the head as it will be. A piece is smaller than a block, so that little is read and
 * kept where little was written; what a digest needs of the rest of a block is on the disk if nobody wrote it since, and on the LUN in any case. Used by
 * one thread.
 */
public interface HeldPieces {

    /** Bytes of a piece; a block is a whole number of them. */
    int PIECE_BYTES = 4096;

    /**
     * Reads the pieces that touch {@code scope}, which replace what was kept of them before. Writes and logs nothing, so it may be called
     * while file systems are frozen.
     *
     * @param used which bytes of the scope count; all others of it are zero
     * @param guard called often; ends the reading by what it throws
     * @throws DiskHead.HoldOverflowException if more would be kept than the budget allows; the pieces are of no use then
     */
    ScanCost read(ExtentSet scope, ExtentSet used, Runnable guard) throws IOException;

    /** What was written after the pieces were read the last time. */
    @FunctionalInterface
    interface Later {

        /** All of it until now, and perhaps more; null if it is not known. */
        @Nullable
        ExtentSet written() throws IOException;
    }

    /**
     * Sends what differs and makes the pieces part of the head. Called at most once, before any other use of the head. All writes are
     * answered on return.
     */
    Applied apply(Later later) throws IOException;

    /**
     * @param changedBlocks blocks that differed from the head
     * @param damaged blocks whose content on the LUN is not what the head's digests say, so that pieces of them could not be put in; the head
     *     has them as it had. They must be read whole.
     */
    record Applied(long changedBlocks, ExtentSet damaged) {}
}
