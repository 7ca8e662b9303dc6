package org.understudy.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** MODE SENSE and MODE SELECT (SPC-4 sections 6.11 to 6.14). */
final class ModeCommands {

    /** WP in the device-specific parameter. */
    private static final int WRITE_PROTECT = 0x80;
    /** DPOFUA in the device-specific parameter. */
    private static final int DPO_FUA = 0x10;

    private ModeCommands() {}

    static Plan modeSense6(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        byte[] pages = pages(unit, cdb);
        byte[] descriptor = cdb.bit(1, 0x08) ? new byte[0] : shortDescriptor(unit);
        ByteBuffer data = ByteBuffer.allocate(4 + descriptor.length + pages.length);
        data.put((byte) (data.capacity() - 1))
                .put((byte) 0)
                .put(deviceSpecific(unit))
                .put((byte) descriptor.length);
        data.put(descriptor).put(pages);
        return CapacityCommands.answer(data.array(), cdb.u8(4));
    }

    static Plan modeSense10(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        byte[] pages = pages(unit, cdb);
        boolean longLba = cdb.bit(1, 0x10);
        byte[] descriptor = cdb.bit(1, 0x08) ? new byte[0] : longLba ? longDescriptor(unit) : shortDescriptor(unit);
        ByteBuffer data = ByteBuffer.allocate(8 + descriptor.length + pages.length);
        data.putShort((short) (data.capacity() - 2)).put((byte) 0).put(deviceSpecific(unit));
        data.put((byte) (longLba ? 1 : 0)).put((byte) 0).putShort((short) descriptor.length);
        data.put(descriptor).put(pages);
        return CapacityCommands.answer(data.array(), cdb.u16(7));
    }

    static Plan modeSelect6(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        return modeSelect(unit, nexus, cdb, cdb.u8(4), 4);
    }

    static Plan modeSelect10(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        return modeSelect(unit, nexus, cdb, cdb.u16(7), 8);
    }

    private static byte[] pages(LogicalUnit unit, Cdb cdb) throws CheckCondition {
        ModePages.Values values = ModePages.Values.values()[cdb.u8(2) >> 6];
        int page = cdb.u8(2) & 0x3f;
        int subpage = cdb.u8(3);
        if (!ModePages.exists(page) || subpage != 0 && !(page == ModePages.ALL && subpage == 0xff)) {
            throw CheckCondition.invalidField();
        }
        if (values == ModePages.Values.SAVED) {
            throw CheckCondition.illegal(SenseCode.SAVING_NOT_SUPPORTED);
        }
        return unit.modePages().pages(page, values);
    }

    private static byte deviceSpecific(LogicalUnit unit) {
        boolean isProtected = unit.device().readOnly() || unit.modePages().softwareWriteProtected();
        return (byte) (DPO_FUA | (isProtected ? WRITE_PROTECT : 0));
    }

    private static byte[] shortDescriptor(LogicalUnit unit) {
        ByteBuffer descriptor = ByteBuffer.allocate(8);
        descriptor.putInt((int) Math.min(unit.blockCount(), 0xffffffffL)).putInt(unit.blockSize());
        return descriptor.array();
    }

    private static byte[] longDescriptor(LogicalUnit unit) {
        ByteBuffer descriptor = ByteBuffer.allocate(16);
        descriptor.putLong(unit.blockCount()).putInt(0).putInt(unit.blockSize());
        return descriptor.array();
    }

    private static Plan modeSelect(LogicalUnit unit, Nexus nexus, Cdb cdb, int length, int headerLength)
            throws CheckCondition {
        if (!cdb.bit(1, 0x10) || cdb.bit(1, 0x01)) {
            // PF must be set; SP (save pages) is not supported
            throw CheckCondition.invalidField();
        }
        if (length == 0) {
            return new Plan.Answer(Outcome.GOOD);
        }
        return new Plan.Collect(length, data -> {
            List<byte[]> pages = split(data.slice(), headerLength);
            boolean changed = false;
            for (byte[] page : pages) {
                changed |= unit.modePages().select(page);
            }
            if (changed) {
                unit.attentions().raise(SenseCode.MODE_PARAMETERS_CHANGED, other -> !other.equals(nexus));
            }
            return Outcome.GOOD;
        });
    }

    private static List<byte[]> split(ByteBuffer data, int headerLength) throws CheckCondition {
        if (data.remaining() < headerLength) {
            throw CheckCondition.illegal(SenseCode.PARAMETER_LIST_LENGTH_ERROR);
        }
        int descriptorLength = headerLength == 4 ? data.get(3) & 0xff : data.getShort(6) & 0xffff;
        if (headerLength + descriptorLength > data.remaining()) {
            throw CheckCondition.illegal(SenseCode.PARAMETER_LIST_LENGTH_ERROR);
        }
        data.position(headerLength + descriptorLength);
        List<byte[]> pages = new ArrayList<>();
        while (data.hasRemaining()) {
            if (data.remaining() < 2 || (data.get(data.position()) & 0x40) != 0) {
                throw CheckCondition.illegal(SenseCode.INVALID_FIELD_IN_PARAMETER_LIST);
            }
            int pageLength = 2 + (data.get(data.position() + 1) & 0xff);
            if (pageLength > data.remaining()) {
                throw CheckCondition.illegal(SenseCode.PARAMETER_LIST_LENGTH_ERROR);
            }
            byte[] page = new byte[pageLength];
            data.get(page);
            pages.add(page);
        }
        return pages;
    }
}
