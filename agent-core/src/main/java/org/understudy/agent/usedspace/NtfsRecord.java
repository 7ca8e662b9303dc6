package org.understudy.agent.usedspace;

import static org.understudy.agent.usedspace.Volume.require;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.layout.DiskBytes;

/** A file record of the master file table with its fix-ups applied, and the attributes in it. */
final class NtfsRecord {

    static final int VOLUME_INFORMATION = 0x70;
    static final int DATA = 0x80;
    private static final int ATTRIBUTE_LIST = 0x20;
    private static final int END = -1;
    private static final int MAX_RUNS = 1 << 16;

    /** A run of clusters. */
    record Run(long cluster, long length) {}

    private final ByteBuffer bytes;

    /** Takes the bytes over and undoes the update sequence in them. */
    NtfsRecord(ByteBuffer bytes, String what) throws UnmappableException {
        this.bytes = bytes;
        int used = bytes.getInt(24);
        require(
                DiskBytes.has(bytes, 0, "FILE") && (bytes.getShort(22) & 1) != 0 && used >= 56 && used <= bytes.limit(),
                "the file record of " + what + " is damaged");
        int array = bytes.getShort(4) & 0xffff;
        int count = bytes.getShort(6) & 0xffff;
        require(
                array >= 40 && count >= 2 && array + 2 * count <= 510 && (count - 1) * 512 == bytes.limit(),
                "the file record of " + what + " has an impossible update sequence");
        short number = bytes.getShort(array);
        for (int i = 1; i < count; i++) {
            int at = 512 * i - 2;
            require(bytes.getShort(at) == number, "the file record of " + what + " was written only in part");
            bytes.putShort(at, bytes.getShort(array + 2 * i));
        }
    }

    boolean hasAttributeList() throws UnmappableException {
        return find(ATTRIBUTE_LIST) != null;
    }

    /** The value of a resident attribute without name, or null. */
    @Nullable
    ByteBuffer resident(int type) throws UnmappableException {
        ByteBuffer attribute = find(type);
        if (attribute == null || attribute.get(8) != 0) {
            return null;
        }
        long length = Integer.toUnsignedLong(attribute.getInt(16));
        int offset = attribute.getShort(20) & 0xffff;
        require(offset + length <= attribute.limit(), "a value leaves its attribute");
        return attribute
                .duplicate()
                .position(offset)
                .limit(offset + (int) length)
                .slice()
                .order(bytes.order());
    }

    /** Bytes of the unnamed data that have been written, or -1 if they are resident or missing. */
    long dataBytes() throws UnmappableException {
        ByteBuffer attribute = find(DATA);
        if (attribute == null || attribute.get(8) == 0 || attribute.limit() < 64) {
            return -1;
        }
        return Math.min(attribute.getLong(48), attribute.getLong(56));
    }

    /** Where the unnamed data lie, from their start as far as this record tells. Holes have a negative cluster. */
    List<Run> dataRuns() throws UnmappableException {
        ByteBuffer attribute = Volume.present(find(DATA), "a system file has no data");
        require(
                attribute.get(8) != 0 && attribute.limit() >= 64 && attribute.getLong(16) == 0,
                "the data of a system file are not where they belong");
        require((attribute.getShort(12) & 0x00ff) == 0, "a system file is compressed");
        List<Run> runs = new ArrayList<>();
        int at = attribute.getShort(32) & 0xffff;
        long cluster = 0;
        while (true) {
            require(at < attribute.limit(), "a run list does not end");
            int header = attribute.get(at) & 0xff;
            if (header == 0) {
                return runs;
            }
            int lengthBytes = header & 15;
            int offsetBytes = header >> 4;
            require(
                    lengthBytes >= 1
                            && lengthBytes <= 8
                            && offsetBytes <= 8
                            && at + lengthBytes + offsetBytes < attribute.limit()
                            && runs.size() < MAX_RUNS,
                    "a run list is damaged");
            long length = number(attribute, at + 1, lengthBytes);
            require(length > 0, "a run list is damaged");
            cluster += offsetBytes == 0 ? 0 : number(attribute, at + 1 + lengthBytes, offsetBytes);
            runs.add(new Run(offsetBytes == 0 ? -1 : cluster, length));
            at += 1 + lengthBytes + offsetBytes;
        }
    }

    private static long number(ByteBuffer bytes, int at, int count) {
        long value = bytes.get(at + count - 1);
        for (int i = count - 2; i >= 0; i--) {
            value = value << 8 | bytes.get(at + i) & 0xff;
        }
        return value;
    }

    private @Nullable ByteBuffer find(int type) throws UnmappableException {
        int used = bytes.getInt(24);
        int at = bytes.getShort(20) & 0xffff;
        while (at <= used - 8 && bytes.getInt(at) != END) {
            int length = bytes.getInt(at + 4);
            require(length >= 24 && length % 8 == 0 && length <= used - at, "an attribute leaves its file record");
            if (bytes.getInt(at) == type && bytes.get(at + 9) == 0) {
                return bytes.duplicate().position(at).limit(at + length).slice().order(bytes.order());
            }
            at += length;
        }
        return null;
    }
}
