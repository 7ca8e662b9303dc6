package org.understudy.iscsi.scsi;

/**
 * The blocks that a read, write or similar command names, in CDBs of every length: SBC-3 puts the fields of all commands with the
 * same CDB length into the same places.
 *
 * @param lba first block; negative if it was 2^63 or more
 * @param blocks number of blocks
 * @param forceUnitAccess the FUA bit, where the CDB has one
 */
record BlockRange(long lba, long blocks, boolean forceUnitAccess) {

    /** Reads the fields; the top bits of byte 1 may be anything. */
    static BlockRange of(Cdb cdb) {
        boolean forceUnitAccess = cdb.bit(1, 0x08);
        return switch (cdb.length()) {
            case 6 -> {
                int blocks = cdb.u8(4);
                yield new BlockRange(cdb.u24(1) & 0x1fffff, blocks == 0 ? 256 : blocks, false);
            }
            case 10 -> new BlockRange(cdb.u32(2), cdb.u16(7), forceUnitAccess);
            case 12 -> new BlockRange(cdb.u32(2), cdb.u32(6), forceUnitAccess);
            default -> new BlockRange(cdb.u64(2), cdb.u32(10), forceUnitAccess);
        };
    }

    /** The same for commands with RDPROTECT, WRPROTECT or VRPROTECT, which must be 0: there is no protection information. */
    static BlockRange unprotected(Cdb cdb) throws CheckCondition {
        if (cdb.length() > 6 && cdb.bit(1, 0xe0)) {
            throw CheckCondition.invalidField();
        }
        return of(cdb);
    }
}
