package org.understudy.iscsi.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;

/** WRITE 6 to 16 and SYNCHRONIZE CACHE (SBC-3 sections 5.22, 5.32 to 5.35). */
final class WriteCommands {

    private WriteCommands() {}

    static Plan write6(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        int blocks = cdb.u8(4);
        return plan(unit, cdb.u24(1) & 0x1fffff, blocks == 0 ? 256 : blocks, false);
    }

    static Plan write10(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        checkFlags(cdb);
        return plan(unit, cdb.u32(2), cdb.u16(7), cdb.bit(1, 0x08));
    }

    static Plan write12(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        checkFlags(cdb);
        return plan(unit, cdb.u32(2), cdb.u32(6), cdb.bit(1, 0x08));
    }

    static Plan write16(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        checkFlags(cdb);
        return plan(unit, cdb.u64(2), cdb.u32(10), cdb.bit(1, 0x08));
    }

    static Plan synchronizeCache10(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        return synchronize(unit, cdb.u32(2), cdb.u16(7));
    }

    static Plan synchronizeCache16(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        return synchronize(unit, cdb.u64(2), cdb.u32(10));
    }

    private static Plan synchronize(LogicalUnit unit, long lba, long blocks) throws CheckCondition {
        unit.checkedOffset(lba, blocks);
        // IMMED would allow an answer before the data is safe. It is not used: GOOD always means durable.
        return new Plan.Work(() -> {
            unit.device().flush();
            return Outcome.GOOD;
        });
    }

    private static void checkFlags(Cdb cdb) throws CheckCondition {
        if (cdb.bit(1, 0xe0)) {
            // WRPROTECT without protection information
            throw CheckCondition.invalidField();
        }
    }

    private static Plan plan(LogicalUnit unit, long lba, long blocks, boolean forceUnitAccess) throws CheckCondition {
        long offset = unit.checkedOffset(lba, blocks);
        CapacityCommands.checkTransferLength(unit, blocks);
        unit.checkWritable();
        if (blocks == 0) {
            return new Plan.Answer(Outcome.GOOD);
        }
        return new Plan.Receive(blocks * unit.blockSize(), new BlockSink(unit, offset, forceUnitAccess));
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
