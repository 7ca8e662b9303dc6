package org.understudy.zfs.stream;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * Collects which bytes of a volume an incremental stream touches. Reads each record's header (312 bytes) and passes over its
 * payload. Records of other objects than the volume's data are bookkeeping of ZFS. Not thread-safe; one stream each. Source:
 * {@code dmu_replay_record} in include/sys/zfs_ioctl.h, {@code ZVOL_OBJ} in include/sys/zvol.h of OpenZFS.
 */
public final class ChangedExtents {

    static final int RECORD_BYTES = 312;
    static final long MAGIC = 0x2F5bacbacL;

    /** Object number of a volume's data. */
    static final long VOLUME_OBJECT = 1;

    private static final int UNION = 8;
    private static final int COMPOUND_STREAM = 2;
    private static final int MAX_BEGIN_PAYLOAD = 64 << 20;
    private static final int MERGE_AT = 1 << 16;

    private final long volumeBytes;
    private final byte[] skipped = new byte[64 << 10];
    private List<Extent> collected = new ArrayList<>();
    private int mergeAt = MERGE_AT;
    private long payloadBytes;

    /** @param volumeBytes ranges end there at the latest */
    public ChangedExtents(long volumeBytes) {
        this.volumeBytes = volumeBytes;
    }

    /** Ranges of all streams read so far. */
    public ExtentSet extents() {
        return ExtentSet.of(collected);
    }

    /** Bytes of data that passed by. */
    public long payloadBytes() {
        return payloadBytes;
    }

    /** Reads one stream, from its first record to its last. */
    public void read(InputStream stream) throws IOException {
        ByteBuffer begin = next(stream);
        ByteOrder order = order(begin);
        begin.order(order);
        if ((begin.getLong(UNION + 8) & 3) == COMPOUND_STREAM) {
            throw new BrokenStreamException("a stream of several datasets, where one of a volume was meant");
        }
        skip(stream, beginPayload(begin));
        while (true) {
            ByteBuffer record = next(stream).order(order);
            RecordType type = type(record);
            if (type == RecordType.END) {
                break;
            }
            skip(stream, take(type, record));
        }
        if (stream.read() >= 0) {
            throw new BrokenStreamException("the stream goes on after its end");
        }
    }

    private static ByteOrder order(ByteBuffer begin) throws BrokenStreamException {
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            begin.order(order);
            if (begin.getInt(0) == RecordType.BEGIN.ordinal() && begin.getLong(UNION) == MAGIC) {
                return order;
            }
        }
        throw new BrokenStreamException("not a send stream: the magic number is missing");
    }

    private static long beginPayload(ByteBuffer begin) throws BrokenStreamException {
        long payload = Integer.toUnsignedLong(begin.getInt(4));
        if (payload > MAX_BEGIN_PAYLOAD) {
            throw new BrokenStreamException("the first record claims " + payload + " bytes of properties");
        }
        return payload;
    }

    private static RecordType type(ByteBuffer record) throws BrokenStreamException {
        int type = record.getInt(0);
        if (type <= 0 || type >= RecordType.values().length) {
            throw new BrokenStreamException("unknown record type " + type);
        }
        return RecordType.values()[type];
    }

    /** Notes what a record changes; returns the length of its payload. */
    private long take(RecordType type, ByteBuffer record) throws BrokenStreamException {
        long object = record.getLong(UNION);
        switch (type) {
            case WRITE -> {
                long logical = record.getLong(UNION + 24);
                note(object, record.getLong(UNION + 16), logical);
                return positive(record.get(UNION + 42) != 0 ? record.getLong(UNION + 88) : logical);
            }
            case FREE, WRITE_BY_REFERENCE, REDACT ->
                note(object, record.getLong(UNION + 8), record.getLong(UNION + 16));
            case WRITE_EMBEDDED -> {
                note(object, record.getLong(UNION + 8), record.getLong(UNION + 16));
                return roundedToEight(record.getInt(UNION + 44));
            }
            case FREE_OBJECTS -> {
                long count = record.getLong(UNION + 8);
                // Object numbers are unsigned; a volume's data object freed means that nothing of it was kept.
                if (Long.compareUnsigned(object, VOLUME_OBJECT) <= 0
                        && Long.compareUnsigned(VOLUME_OBJECT - object, count) < 0) {
                    note(VOLUME_OBJECT, 0, volumeBytes);
                }
            }
            case OBJECT -> {
                int raw = record.getInt(UNION + 28);
                return raw != 0 ? positive(raw) : roundedToEight(record.getInt(UNION + 20));
            }
            case SPILL -> {
                long compressed = record.getLong(UNION + 32);
                return positive(compressed != 0 ? compressed : record.getLong(UNION + 8));
            }
            case OBJECT_RANGE -> {}
            case BEGIN, END -> throw new BrokenStreamException("a record " + type + " in the middle of the stream");
        }
        return 0;
    }

    private static long roundedToEight(int length) throws BrokenStreamException {
        return (positive(length) + 7) & ~7L;
    }

    private static long positive(long length) throws BrokenStreamException {
        if (length < 0 || length > 1L << 32) {
            throw new BrokenStreamException("a record claims a payload of " + Long.toUnsignedString(length) + " bytes");
        }
        return length;
    }

    /** Lengths are unsigned, and all ones means "to the end". */
    private void note(long object, long offset, long length) throws BrokenStreamException {
        if (object != VOLUME_OBJECT || Long.compareUnsigned(offset, volumeBytes) >= 0 || length == 0) {
            return;
        }
        long left = volumeBytes - offset;
        collected.add(new Extent(offset, Long.compareUnsigned(length, left) > 0 ? left : length));
        if (collected.size() >= mergeAt) {
            // Neighbours become one, so long runs of small records stay small; what does not merge is not sorted over
            // and over.
            collected = new ArrayList<>(ExtentSet.of(collected).extents());
            mergeAt = Math.max(MERGE_AT, 2 * collected.size());
        }
    }

    private static ByteBuffer next(InputStream stream) throws IOException {
        byte[] bytes = stream.readNBytes(RECORD_BYTES);
        if (bytes.length < RECORD_BYTES) {
            throw new BrokenStreamException("the stream ended before its last record");
        }
        return ByteBuffer.wrap(bytes);
    }

    private void skip(InputStream stream, long length) throws IOException {
        long left = length;
        while (left > 0) {
            int read = stream.read(skipped, 0, (int) Math.min(skipped.length, left));
            if (read < 0) {
                throw new BrokenStreamException("the stream ended within a record");
            }
            left -= read;
        }
        payloadBytes += length;
    }
}
