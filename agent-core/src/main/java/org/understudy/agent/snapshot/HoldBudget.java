package org.understudy.agent.snapshot;

import java.nio.ByteBuffer;

/** Memory for changes that are held back, shared by all disks of a run. Outside of the Java heap. Not thread-safe. */
public final class HoldBudget {

    private long left;

    public HoldBudget(long bytes) {
        left = bytes;
    }

    /** Takes bytes of bookkeeping from the budget. */
    public void take(long bytes) throws DiskHead.HoldOverflowException {
        if (bytes > left) {
            throw new DiskHead.HoldOverflowException();
        }
        left -= bytes;
    }

    /** A buffer from the budget. A platform that has less memory to give than the budget says is an overflow, too. */
    public ByteBuffer allocate(int bytes) throws DiskHead.HoldOverflowException {
        take(bytes);
        try {
            return ByteBuffer.allocateDirect(bytes);
        } catch (OutOfMemoryError e) {
            left = 0;
            throw new DiskHead.HoldOverflowException();
        }
    }
}
