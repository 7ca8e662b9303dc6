package org.understudy.zfs.stream;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Makes send streams record by record, in either byte order. */
final class StreamBuilder {

    private static final int UNION = 8;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final ByteOrder order;

    StreamBuilder(ByteOrder order) {
        this.order = order;
    }

    static StreamBuilder begun() {
        return new StreamBuilder(ByteOrder.LITTLE_ENDIAN).begin(1, 0);
    }

    StreamBuilder begin(int headerType, int payload) {
        ByteBuffer record = record(RecordType.BEGIN);
        record.putInt(4, payload).putLong(UNION, ChangedExtents.MAGIC).putLong(UNION + 8, headerType);
        return add(record, payload);
    }

    StreamBuilder write(long object, long offset, long logical, int compressed) {
        ByteBuffer record = record(RecordType.WRITE);
        record.putLong(UNION, object).putLong(UNION + 16, offset).putLong(UNION + 24, logical);
        if (compressed > 0) {
            record.put(UNION + 42, (byte) 15).putLong(UNION + 88, compressed);
        }
        return add(record, compressed > 0 ? compressed : (int) logical);
    }

    StreamBuilder free(long object, long offset, long length) {
        ByteBuffer record = record(RecordType.FREE);
        record.putLong(UNION, object).putLong(UNION + 8, offset).putLong(UNION + 16, length);
        return add(record, 0);
    }

    StreamBuilder freeObjects(long first, long count) {
        ByteBuffer record = record(RecordType.FREE_OBJECTS);
        record.putLong(UNION, first).putLong(UNION + 8, count);
        return add(record, 0);
    }

    StreamBuilder embedded(long object, long offset, long length, int physical) {
        ByteBuffer record = record(RecordType.WRITE_EMBEDDED);
        record.putLong(UNION, object)
                .putLong(UNION + 8, offset)
                .putLong(UNION + 16, length)
                .putInt(UNION + 44, physical);
        return add(record, (physical + 7) & ~7);
    }

    StreamBuilder object(long object, int bonus) {
        ByteBuffer record = record(RecordType.OBJECT);
        record.putLong(UNION, object).putInt(UNION + 20, bonus);
        return add(record, (bonus + 7) & ~7);
    }

    StreamBuilder spill(long object, int length) {
        ByteBuffer record = record(RecordType.SPILL);
        record.putLong(UNION, object).putLong(UNION + 8, length);
        return add(record, length);
    }

    StreamBuilder end() {
        return add(record(RecordType.END), 0);
    }

    StreamBuilder raw(int type) {
        return add(record(RecordType.END).putInt(0, type), 0);
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    private ByteBuffer record(RecordType type) {
        return ByteBuffer.allocate(ChangedExtents.RECORD_BYTES).order(order).putInt(0, type.ordinal());
    }

    private StreamBuilder add(ByteBuffer record, int payload) {
        bytes.writeBytes(record.array());
        bytes.writeBytes(new byte[payload]);
        return this;
    }
}
