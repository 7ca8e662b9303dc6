package org.understudy.iscsi.target;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.understudy.iscsi.scsi.CheckCondition;
import org.understudy.iscsi.scsi.Outcome;
import org.understudy.iscsi.scsi.Plan;

/** Gathers the whole parameter data of a command on the heap; its length was checked against the limits of the command. */
final class CollectingSink implements Plan.Sink {

    private final ByteBuffer collected;
    private final Plan.Collector collector;

    CollectingSink(Plan.Collect plan) {
        this.collected = ByteBuffer.allocate(plan.length());
        this.collector = plan.collector();
    }

    @Override
    public void accept(long position, ByteBuffer data) {
        collected.put(data);
    }

    @Override
    public Outcome finish() throws IOException, CheckCondition {
        return collector.run(collected.flip());
    }
}
