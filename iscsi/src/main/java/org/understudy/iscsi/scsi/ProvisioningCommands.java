package org.understudy.iscsi.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.understudy.iscsi.device.BlockDevice;

/** UNMAP, WRITE SAME and GET LBA STATUS (SBC-3 sections 5.4, 5.27, 5.40 and 5.41). */
final class ProvisioningCommands {

    private static final int PATTERN_BYTES = 1 << 20;
    private static final int MAX_STATUS_DESCRIPTORS = 64;

    private ProvisioningCommands() {}

    static Plan writeSame10(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        if (cdb.bit(1, 0x08)) {
            // UNMAP: VPD page 0xb2 offers it with WRITE SAME(16) only
            throw CheckCondition.invalidField();
        }
        return writeSame(unit, cdb, cdb.u32(2), cdb.u16(7), false);
    }

    static Plan writeSame16(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        return writeSame(unit, cdb, cdb.u64(2), cdb.u32(10), cdb.bit(1, 0x01));
    }

    private static Plan writeSame(LogicalUnit unit, Cdb cdb, long lba, long blocks, boolean noData)
            throws CheckCondition {
        boolean unmap = cdb.bit(1, 0x08);
        if (cdb.bit(1, 0xe0) || cdb.bit(1, 0x10)) {
            // WRPROTECT, and ANCHOR, which VPD page 0xb2 does not announce
            throw CheckCondition.invalidField();
        }
        long offset = unit.checkedOffset(lba, blocks);
        // Zero blocks means all up to the end (WSNZ is 0).
        long count = blocks == 0 ? unit.blockCount() - lba : blocks;
        if (count > VitalProductData.MAX_UNMAP_BLOCKS) {
            throw CheckCondition.invalidField();
        }
        unit.checkWritable();
        long length = count * unit.blockSize();
        if (noData) {
            return new Plan.Work(() -> {
                unit.device().unmap(offset, length);
                return Outcome.GOOD;
            });
        }
        return new Plan.Collect(unit.blockSize(), data -> {
            if (unmap && isZero(data)) {
                unit.device().unmap(offset, length);
            } else {
                fill(unit, offset, length, data);
            }
            return Outcome.GOOD;
        });
    }

    private static boolean isZero(ByteBuffer data) {
        return data.mismatch(ByteBuffer.allocate(data.remaining())) < 0;
    }

    private static void fill(LogicalUnit unit, long offset, long length, ByteBuffer block) throws IOException {
        ByteBuffer pattern = ByteBuffer.allocateDirect((int) Math.min(PATTERN_BYTES, length));
        while (pattern.hasRemaining()) {
            pattern.put(block.duplicate());
        }
        for (long done = 0; done < length; done += pattern.limit()) {
            pattern.clear().limit((int) Math.min(PATTERN_BYTES, length - done));
            unit.write(offset + done, pattern);
        }
    }

    static Plan unmap(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        if (cdb.bit(1, 0x01)) {
            throw CheckCondition.invalidField();
        }
        int length = cdb.u16(7);
        unit.checkWritable();
        if (length == 0) {
            return new Plan.Answer(Outcome.GOOD);
        }
        if (length < 8) {
            throw CheckCondition.illegal(SenseCode.PARAMETER_LIST_LENGTH_ERROR);
        }
        return new Plan.Collect(length, data -> {
            for (long[] range : ranges(unit, data.slice())) {
                unit.device().unmap(range[0], range[1]);
            }
            return Outcome.GOOD;
        });
    }

    /** Offset and length in bytes of each descriptor, all checked before any is carried out. */
    private static List<long[]> ranges(LogicalUnit unit, ByteBuffer list) throws CheckCondition {
        int descriptorBytes = list.getShort(2) & 0xffff;
        if (descriptorBytes > list.remaining() - 8) {
            throw CheckCondition.illegal(SenseCode.PARAMETER_LIST_LENGTH_ERROR);
        }
        int count = descriptorBytes / 16;
        if (count > VitalProductData.MAX_UNMAP_DESCRIPTORS) {
            throw CheckCondition.illegal(SenseCode.INVALID_FIELD_IN_PARAMETER_LIST);
        }
        List<long[]> ranges = new ArrayList<>();
        long total = 0;
        for (int i = 0; i < count; i++) {
            long blocks = list.getInt(8 + 16 * i + 8) & 0xffffffffL;
            long offset = unit.checkedOffset(list.getLong(8 + 16 * i), blocks);
            total += blocks;
            if (total > VitalProductData.MAX_UNMAP_BLOCKS) {
                throw CheckCondition.illegal(SenseCode.INVALID_FIELD_IN_PARAMETER_LIST);
            }
            if (blocks > 0) {
                ranges.add(new long[] {offset, blocks * unit.blockSize()});
            }
        }
        return ranges;
    }

    static Plan getLbaStatus(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        long lba = cdb.u64(2);
        long allocationLength = cdb.u32(10);
        if (lba < 0 || lba >= unit.blockCount()) {
            throw CheckCondition.illegal(SenseCode.LBA_OUT_OF_RANGE);
        }
        int room = (int) Math.max(1, Math.min(MAX_STATUS_DESCRIPTORS, (allocationLength - 8) / 16));
        return new Plan.Work(() -> {
            ByteBuffer data = ByteBuffer.allocate(8 + 16 * room);
            data.position(8);
            long next = lba;
            while (data.hasRemaining() && next < unit.blockCount()) {
                next = describe(unit, next, data);
            }
            data.putInt(0, data.position() - 4);
            byte[] bytes = Arrays.copyOf(data.array(), (int) Math.min(data.position(), allocationLength));
            return Outcome.good(bytes);
        });
    }

    /** Appends one descriptor; returns the block after it. */
    private static long describe(LogicalUnit unit, long lba, ByteBuffer data) throws IOException {
        int blockSize = unit.blockSize();
        long longest = Math.min(unit.blockCount() - lba, 0xffffffffL) * blockSize;
        BlockDevice.AllocatedRange range = unit.device().allocation(lba * blockSize, longest);
        boolean hole = range.allocation() == BlockDevice.Allocation.HOLE && range.length() >= blockSize;
        // A block that is only partly a hole counts as mapped.
        long blocks = hole ? range.length() / blockSize : Math.max(1, (range.length() + blockSize - 1) / blockSize);
        blocks = Math.min(blocks, longest / blockSize);
        data.putLong(lba).putInt((int) blocks).put((byte) (hole ? 1 : 0)).put(new byte[3]);
        return lba + blocks;
    }
}
