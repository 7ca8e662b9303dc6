package org.understudy.iscsi.target;

import java.nio.ByteBuffer;
import org.understudy.iscsi.pdu.BufferPool;

/** A pooled buffer that counts against the budget of its connection. Released exactly once. */
final class DataBuffer {

    private final BufferPool.Lease lease;
    private final BufferBudget budget;

    DataBuffer(BufferPool.Lease lease, BufferBudget budget) {
        this.lease = lease;
        this.budget = budget;
    }

    ByteBuffer bytes() {
        return lease.buffer();
    }

    void release() {
        int size = lease.size();
        lease.release();
        budget.giveBack(size);
    }
}
