package org.understudy.agent.snapshot;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.scan.Scan;
import org.understudy.agent.scan.ScanCost;

/** What the LUN of one disk holds, and how to bring it up to a newer image. Used by one thread. */
public interface DiskHead {

    /** Bytes of a block. */
    int blockSize();

    /** Bytes of a LUN block; used extents are grown to it. */
    int sectorSize();

    /** The point that the head was equal to when the run began, or null if it was all zeros. */
    @Nullable
    String basePoint();

    /**
     * Reads the disk, sends what differs from the head but for what {@code deferral} leaves, and makes what was sent part of the
     * head. All writes are answered on return.
     */
    PassResult update(Scan scan, Deferral deferral) throws IOException;

    /**
     * Reads the disk and keeps what differs from the head in memory; the head stays. Writes and logs nothing, so it may be called
     * while file systems are frozen.
     *
     * @throws HoldOverflowException if more differs than the budget allows
     */
    HeldChanges hold(Scan scan, HoldBudget budget) throws IOException;

    /** Begins to keep pieces of the disk in memory, none yet; the head stays. */
    HeldPieces pieces(DiskReader reader, HoldBudget budget);

    /**
     * @param changedBlocks blocks that differed from the head, also those that were left
     * @param cost what reading cost
     */
    record PassResult(long changedBlocks, ScanCost cost) {}

    /** Changes in memory. */
    interface HeldChanges {

        long changedBlocks();

        /** Sends the changes and makes them part of the head. Called at most once, before any other use of the head. */
        void apply() throws IOException;
    }

    /** More changed than memory may hold. */
    final class HoldOverflowException extends IOException {

        private static final long serialVersionUID = 1;

        public HoldOverflowException() {
            super("more changed than may be kept in memory");
        }
    }
}
