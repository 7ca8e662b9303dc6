package org.understudy.iscsi.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;

/** WRITE 6 to 16 and SYNCHRONIZE CACHE (SBC-3 sections 5.22, 5.32 to 5.35). */
final class WriteCommands {

    private WriteCommands() {}

    static Plan synchronizeCache(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        BlockRange range = BlockRange.of(cdb);
        unit.checkedOffset(range.lba(), range.blocks());
        // IMMED would allow an answer before the data is safe. It is not used: GOOD always means durable.
        return new Plan.Work(() -> {
            unit.device().flush();
            return Outcome.GOOD;
        });
    }

    static Plan write(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        BlockRange range = BlockRange.unprotected(cdb);
        long blocks = range.blocks();
        long offset = unit.checkedOffset(range.lba(), blocks);
        CapacityCommands.checkTransferLength(unit, blocks);
        unit.checkWritable();
        if (blocks == 0) {
            return new Plan.Answer(Outcome.GOOD);
        }
        return new Plan.Receive(blocks * unit.blockSize(), new BlockSink(unit, offset, range.forceUnitAccess()));
    }

    /** Writes what arrives. */
    record BlockSink(LogicalUnit unit, long start, boolean forceUnitAccess) implements Plan.Sink {
        @Override
        public void accept(long position, ByteBuffer data) throws IOException {
            unit.write(start + position, data);
        }

        @Override
        public Outcome finish() throws IOException {
            if (forceUnitAccess) {
                unit.device().flush();
            }
            return Outcome.GOOD;
        }
    }
}
