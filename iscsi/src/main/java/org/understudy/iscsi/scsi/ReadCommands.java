package org.understudy.iscsi.scsi;

/** READ 6 to 16 and PRE-FETCH (SBC-3 sections 5.7 and 5.10 to 5.13). */
final class ReadCommands {

    private ReadCommands() {}

    static Plan prefetch(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        BlockRange range = BlockRange.of(cdb);
        // The cache is the operating system's; nothing is promised but the check of the range.
        unit.checkedOffset(range.lba(), range.blocks());
        return new Plan.Answer(Outcome.GOOD);
    }

    static Plan read(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        BlockRange range = BlockRange.unprotected(cdb);
        long blocks = range.blocks();
        long offset = unit.checkedOffset(range.lba(), blocks);
        CapacityCommands.checkTransferLength(unit, blocks);
        if (blocks == 0) {
            return new Plan.Answer(Outcome.GOOD);
        }
        Plan.Source source = range.forceUnitAccess()
                ? (position, target) -> {
                    // FUA on a read: what is returned must be on the medium (SBC-3 section 4.15).
                    unit.device().flush();
                    unit.device().read(position, target);
                }
                : unit.device()::read;
        return new Plan.Send(offset, blocks * unit.blockSize(), source);
    }
}
