package org.understudy.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** READ CAPACITY and READ DEFECT DATA (SBC-3 sections 5.15 to 5.18). */
final class CapacityCommands {

    /** Longest transfer of one command; shown in VPD page 0xb0. */
    static final int MAX_TRANSFER_BYTES = 32 << 20;

    private CapacityCommands() {}

    static Plan readCapacity10(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        if (cdb.u32(2) != 0 || cdb.bit(8, 0x01)) {
            throw CheckCondition.invalidField();
        }
        long last = unit.blockCount() - 1;
        ByteBuffer data = ByteBuffer.allocate(8);
        data.putInt((int) Math.min(last, 0xffffffffL)).putInt(unit.blockSize());
        return answer(data.array(), data.capacity());
    }

    static Plan readCapacity16(LogicalUnit unit, Nexus nexus, Cdb cdb) {
        ByteBuffer data = ByteBuffer.allocate(32);
        data.putLong(unit.blockCount() - 1).putInt(unit.blockSize());
        data.put(13, (byte) physicalBlockExponent(unit));
        // LBPME and LBPRZ: thinly provisioned, unmapped blocks read as zeros.
        data.put(14, (byte) 0xc0);
        return answer(data.array(), cdb.u32(10));
    }

    static Plan readDefectData10(LogicalUnit unit, Nexus nexus, Cdb cdb) {
        byte[] list = {0, (byte) (cdb.u8(2) & 0x1f), 0, 0};
        return answer(list, cdb.u16(7));
    }

    static Plan readDefectData12(LogicalUnit unit, Nexus nexus, Cdb cdb) {
        byte[] list = {0, (byte) (cdb.u8(1) & 0x1f), 0, 0, 0, 0, 0, 0};
        return answer(list, cdb.u32(6));
    }

    static int physicalBlockExponent(LogicalUnit unit) {
        return Integer.numberOfTrailingZeros(LogicalUnit.PHYSICAL_BLOCK_BYTES / unit.blockSize());
    }

    static void checkTransferLength(LogicalUnit unit, long blocks) throws CheckCondition {
        if (blocks > MAX_TRANSFER_BYTES / unit.blockSize()) {
            throw CheckCondition.invalidField();
        }
    }

    /** GOOD with data cut to the allocation length. */
    static Plan answer(byte[] data, long allocationLength) {
        return new Plan.Answer(
                Outcome.good(allocationLength < data.length ? Arrays.copyOf(data, (int) allocationLength) : data));
    }
}
