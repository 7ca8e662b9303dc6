package org.understudy.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.OptionalInt;

/** INQUIRY and REQUEST SENSE; REPORT LUNS is answered by {@link ScsiTarget}. */
final class InquiryCommands {

    private InquiryCommands() {}

    static Plan inquiry(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        int pageCode = cdb.u8(2);
        int allocationLength = cdb.u16(3);
        if (cdb.bit(1, 0xfe)) {
            // CMDDT is obsolete, the rest reserved
            throw CheckCondition.invalidField();
        }
        if (!cdb.bit(1, 0x01)) {
            if (pageCode != 0) {
                throw CheckCondition.invalidField();
            }
            return CapacityCommands.answer(InquiryData.standard(unit.medium().removable()), allocationLength);
        }
        byte[] page = VitalProductData.page(unit, pageCode).orElseThrow(CheckCondition::invalidField);
        return CapacityCommands.answer(page, allocationLength);
    }

    static Plan requestSense(LogicalUnit unit, Nexus nexus, Cdb cdb) {
        OptionalInt attention = unit.attentions().poll(nexus);
        Sense sense = attention.isPresent()
                ? Sense.of(Sense.UNIT_ATTENTION, attention.getAsInt())
                : Sense.of(0, SenseCode.NONE);
        byte[] bytes = cdb.bit(1, 0x01) ? sense.descriptorFormat() : sense.fixedFormat();
        return CapacityCommands.answer(bytes, cdb.u8(4));
    }

    static Plan reportLuns(LogicalUnit unit, Nexus nexus, Cdb cdb) {
        throw new IllegalStateException("REPORT LUNS is answered by the target");
    }

    /** Standard inquiry data of a LUN that is not there: qualifier 3, type 0x1f. */
    static byte[] absentUnit() {
        byte[] data = InquiryData.standard(false);
        ByteBuffer.wrap(data).put(0, (byte) 0x7f);
        return data;
    }
}
