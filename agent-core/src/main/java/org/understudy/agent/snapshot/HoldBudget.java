package org.understudy.agent.snapshot;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Memory for changes that are held back, shared by all disks of a run. Outside of the Java heap. Not thread-safe. */
public final class HoldBudget {

    private final SpareBuffers spare;
    private final List<ByteBuffer> given = new ArrayList<>();
    private final long bytes;
    private long left;

    /** @param spare where buffers come from, and go to by {@link #release} */
    public HoldBudget(long bytes, SpareBuffers spare) {
        this.bytes = bytes;
        left = bytes;
        this.spare = spare;
    }

    /** Takes bytes of bookkeeping from the budget. */
    public void take(long bytes) throws DiskHead.HoldOverflowException {
        if (bytes > left) {
            throw new DiskHead.HoldOverflowException();
        }
        left -= bytes;
    }

    /** Bytes that were taken so far. */
    long taken() {
        return bytes - left;
    }

    /** A buffer from the budget. A platform that has less memory to give than the budget says is an overflow, too. */
    public ByteBuffer allocate(int bytes) throws DiskHead.HoldOverflowException {
        take(bytes);
        try {
            ByteBuffer buffer = spare.take(bytes);
            given.add(buffer);
            return buffer;
        } catch (OutOfMemoryError e) {
            left = 0;
            throw new DiskHead.HoldOverflowException();
        }
    }

    /**
     * A buffer beside the budget, for work on what is held; small, and few of them.
     *
     * @throws OutOfMemoryError if the platform gives none
     */
    public ByteBuffer scratch(int bytes) {
        ByteBuffer buffer = spare.take(bytes);
        given.add(buffer);
        return buffer;
    }

    /**
     * Lets others use the buffers. Only for one who knows that nothing is in flight from or to them; after a failure they are left to the collection
     * instead.
     */
    void release() {
        given.forEach(spare::give);
        given.clear();
        left = 0;
    }
}
