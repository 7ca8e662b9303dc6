package org.understudy.iscsi.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * EXTENDED COPY (LID1) between units of the same target, and what RECEIVE COPY RESULTS tells about it (SPC-4 sections 6.4 and
 * 6.20). Copies are done when the command ends; no data is held.
 */
final class CopyCommands {

    private static final int MAX_TARGETS = 16;
    private static final int MAX_SEGMENTS = 16;
    private static final int MAX_LIST_BYTES = 1024;
    private static final int HEADER_BYTES = 16;
    private static final int TARGET_BYTES = 32;
    private static final int SEGMENT_BYTES = 28;
    private static final int IDENTIFICATION_TARGET = 0xe4;
    private static final int BLOCK_TO_BLOCK = 0x02;
    /** Service actions of RECEIVE COPY RESULTS. */
    static final int COPY_STATUS = 0;

    static final int OPERATING_PARAMETERS = 3;

    /** LIST ID USAGE that asks to keep nothing. */
    private static final int DISCARD_RESULTS = 3;

    private static final int MAX_SEGMENT_BYTES = 0xffff * 512;
    private static final int CHUNK_BYTES = 1 << 20;

    private CopyCommands() {}

    /** Source and destination of one segment. */
    private record Segment(LogicalUnit source, LogicalUnit target, long from, long to, long blocks) {}

    static Plan extendedCopy(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        long length = cdb.u32(10);
        if (length == 0) {
            return new Plan.Answer(Outcome.GOOD);
        }
        if (length < HEADER_BYTES || length > HEADER_BYTES + 2 * MAX_LIST_BYTES) {
            throw CheckCondition.illegal(SenseCode.PARAMETER_LIST_LENGTH_ERROR);
        }
        return new Plan.Collect((int) length, data -> {
            copyAll(unit, nexus, data.slice());
            return Outcome.GOOD;
        });
    }

    private static void copyAll(LogicalUnit unit, Nexus nexus, ByteBuffer list) throws IOException, CheckCondition {
        int listIdentifier = list.get(0) & 0xff;
        boolean discard = (list.get(1) >> 3 & 3) == DISCARD_RESULTS;
        int segments = 0;
        long bytes = 0;
        boolean completed = false;
        try {
            for (Segment segment : parse(unit, nexus, list)) {
                copy(segment);
                segments++;
                bytes += segment.blocks() * segment.source().blockSize();
            }
            completed = true;
        } finally {
            if (!discard) {
                unit.copyResults().put(nexus, listIdentifier, new CopyResults.Result(completed, segments, bytes));
            }
        }
    }

    private static List<Segment> parse(LogicalUnit unit, Nexus nexus, ByteBuffer list) throws CheckCondition {
        int targetBytes = list.getShort(2) & 0xffff;
        long segmentBytes = list.getInt(8) & 0xffffffffL;
        long inlineBytes = list.getInt(12) & 0xffffffffL;
        if (targetBytes + segmentBytes > MAX_LIST_BYTES
                || HEADER_BYTES + targetBytes + segmentBytes + inlineBytes > list.remaining()) {
            throw CheckCondition.illegal(SenseCode.PARAMETER_LIST_LENGTH_ERROR);
        }
        if (targetBytes / TARGET_BYTES > MAX_TARGETS) {
            throw CheckCondition.illegal(SenseCode.TOO_MANY_TARGET_DESCRIPTORS);
        }
        List<Optional<LogicalUnit>> units = new ArrayList<>();
        for (int at = HEADER_BYTES; at + TARGET_BYTES <= HEADER_BYTES + targetBytes; at += TARGET_BYTES) {
            units.add(unitOf(unit, list.slice(at, TARGET_BYTES)));
        }
        List<Segment> segments = new ArrayList<>();
        int at = HEADER_BYTES + targetBytes;
        int end = at + (int) segmentBytes;
        while (at < end) {
            if (segments.size() == MAX_SEGMENTS) {
                throw CheckCondition.illegal(SenseCode.TOO_MANY_SEGMENT_DESCRIPTORS);
            }
            if ((list.get(at) & 0xff) != BLOCK_TO_BLOCK) {
                throw CheckCondition.illegal(SenseCode.UNSUPPORTED_SEGMENT_DESCRIPTOR);
            }
            if (at + SEGMENT_BYTES > end) {
                throw CheckCondition.illegal(SenseCode.PARAMETER_LIST_LENGTH_ERROR);
            }
            segments.add(segment(nexus, units, list.slice(at, SEGMENT_BYTES)));
            at += SEGMENT_BYTES;
        }
        return segments;
    }

    private static Optional<LogicalUnit> unitOf(LogicalUnit unit, ByteBuffer descriptor) throws CheckCondition {
        if ((descriptor.get(0) & 0xff) != IDENTIFICATION_TARGET) {
            throw CheckCondition.illegal(SenseCode.UNSUPPORTED_TARGET_DESCRIPTOR);
        }
        int length = Math.min(descriptor.get(7) & 0xff, 20);
        byte[] designator = new byte[4 + length];
        descriptor.get(4, designator);
        return unit.sibling(designator);
    }

    private static Segment segment(Nexus nexus, List<Optional<LogicalUnit>> units, ByteBuffer descriptor)
            throws CheckCondition {
        LogicalUnit source = reachable(units, descriptor.getShort(4) & 0xffff);
        LogicalUnit target = reachable(units, descriptor.getShort(6) & 0xffff);
        long blocks = descriptor.getShort(10) & 0xffff;
        long from = descriptor.getLong(12);
        long to = descriptor.getLong(20);
        if (source.blockSize() != target.blockSize() || !fits(source, from, blocks) || !fits(target, to, blocks)) {
            throw CheckCondition.of(Sense.COPY_ABORTED, SenseCode.NONE);
        }
        if (!source.mayAccess(nexus, Access.READ) || !target.mayAccess(nexus, Access.WRITE)) {
            throw CheckCondition.reservationConflict();
        }
        target.checkWritable();
        return new Segment(source, target, from, to, blocks);
    }

    private static LogicalUnit reachable(List<Optional<LogicalUnit>> units, int index) throws CheckCondition {
        Optional<LogicalUnit> unit = index < units.size() ? units.get(index) : Optional.empty();
        return unit.orElseThrow(() -> CheckCondition.of(Sense.COPY_ABORTED, SenseCode.COPY_TARGET_NOT_REACHABLE));
    }

    private static boolean fits(LogicalUnit unit, long lba, long blocks) {
        return lba >= 0 && lba <= unit.blockCount() && blocks <= unit.blockCount() - lba;
    }

    private static void copy(Segment segment) throws IOException {
        int blockSize = segment.source().blockSize();
        long length = segment.blocks() * blockSize;
        ByteBuffer chunk = ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, Math.max(length, 1)));
        for (long done = 0; done < length; done += chunk.limit()) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, length - done));
            segment.source().device().read(segment.from() * blockSize + done, chunk);
            segment.target().write(segment.to() * blockSize + done, chunk.flip());
        }
    }

    static Plan copyStatus(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        CopyResults.Result result = unit.copyResults().take(nexus, cdb.u8(2)).orElseThrow(CheckCondition::invalidField);
        ByteBuffer data = ByteBuffer.allocate(12);
        data.putInt(0, 8).put(4, (byte) (result.completed() ? 1 : 2));
        data.putShort(5, (short) result.segments());
        // transfer count in KiB
        data.put(7, (byte) 1).putInt(8, (int) (result.bytes() >> 10));
        return CapacityCommands.answer(data.array(), cdb.u32(10));
    }

    static Plan operatingParameters(LogicalUnit unit, Nexus nexus, Cdb cdb) {
        ByteBuffer data = ByteBuffer.allocate(46);
        data.putInt(0, data.capacity() - 4);
        data.putShort(8, (short) MAX_TARGETS).putShort(10, (short) MAX_SEGMENTS);
        data.putInt(12, MAX_LIST_BYTES).putInt(16, MAX_SEGMENT_BYTES);
        data.putShort(34, (short) 1).put(36, (byte) 1);
        data.put(43, (byte) 2).put(44, (byte) BLOCK_TO_BLOCK).put(45, (byte) IDENTIFICATION_TARGET);
        return CapacityCommands.answer(data.array(), cdb.u32(10));
    }
}
