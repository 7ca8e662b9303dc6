package org.understudy.iscsi.scsi;

/** READ 6 to 16 and PRE-FETCH (SBC-3 sections 5.7 and 5.10 to 5.13). */
final class ReadCommands {

    private ReadCommands() {}

    static Plan read6(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        int blocks = cdb.u8(4);
        return plan(unit, cdb.u24(1) & 0x1fffff, blocks == 0 ? 256 : blocks, false);
    }

    static Plan read10(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        checkFlags(cdb);
        return plan(unit, cdb.u32(2), cdb.u16(7), cdb.bit(1, 0x08));
    }

    static Plan read12(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        checkFlags(cdb);
        return plan(unit, cdb.u32(2), cdb.u32(6), cdb.bit(1, 0x08));
    }

    static Plan read16(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        checkFlags(cdb);
        return plan(unit, cdb.u64(2), cdb.u32(10), cdb.bit(1, 0x08));
    }

    static Plan prefetch10(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        return prefetch(unit, cdb.u32(2), cdb.u16(7));
    }

    static Plan prefetch16(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        return prefetch(unit, cdb.u64(2), cdb.u32(10));
    }

    private static Plan prefetch(LogicalUnit unit, long lba, long blocks) throws CheckCondition {
        // The cache is the operating system's; nothing is promised but the check of the range.
        unit.checkedOffset(lba, blocks);
        return new Plan.Answer(Outcome.GOOD);
    }

    private static void checkFlags(Cdb cdb) throws CheckCondition {
        if (cdb.bit(1, 0xe0)) {
            // RDPROTECT without protection information
            throw CheckCondition.invalidField();
        }
    }

    private static Plan plan(LogicalUnit unit, long lba, long blocks, boolean forceUnitAccess) throws CheckCondition {
        long offset = unit.checkedOffset(lba, blocks);
        CapacityCommands.checkTransferLength(unit, blocks);
        if (blocks == 0) {
            return new Plan.Answer(Outcome.GOOD);
        }
        Plan.Source source = forceUnitAccess
                ? (position, target) -> {
                    // FUA on a read: what is returned must be on the medium (SBC-3 section 4.15).
                    unit.device().flush();
                    unit.device().read(position, target);
                }
                : unit.device()::read;
        return new Plan.Send(offset, blocks * unit.blockSize(), source);
    }
}
