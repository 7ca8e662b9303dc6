package org.understudy.agent.layout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;

/** Finds the label of an NTFS, which is an attribute of the fourth record of its master file table. */
final class NtfsLabel {

    private static final int VOLUME_NAME = 0x60;
    private static final int VOLUME_RECORD = 3;
    private static final int MAX_BYTES = 256;

    private NtfsLabel() {}

    /** The label; null if there is none or the record makes no sense. */
    static @Nullable String read(DiskReader volume, ByteBuffer boot) throws IOException {
        long sector = boot.getShort(11) & 0xffff;
        int perCluster = boot.get(13) & 0xff;
        long cluster = sector * (perCluster <= 0x80 ? perCluster : 1L << Math.min(31, 256 - perCluster));
        int perRecord = boot.get(64);
        long record = perRecord > 0 ? perRecord * cluster : 1L << Math.min(30, -perRecord);
        long first = boot.getLong(48);
        boolean sane = cluster >= 512
                && cluster <= 2 << 20
                && record >= 512
                && record <= 65536
                && record % 512 == 0
                && first > 0
                && first < volume.sizeBytes() / cluster;
        long at = first * cluster + VOLUME_RECORD * record;
        if (!sane || at > volume.sizeBytes() - record) {
            return null;
        }
        return label(DiskBytes.read(volume, at, (int) record, ByteOrder.LITTLE_ENDIAN));
    }

    private static @Nullable String label(ByteBuffer record) {
        int array = record.getShort(4) & 0xffff;
        int count = record.getShort(6) & 0xffff;
        if (!DiskBytes.has(record, 0, "FILE") || (count - 1) * 512 != record.limit() || array + 2 * count > 510) {
            return null;
        }
        for (int i = 1; i < count; i++) {
            record.putShort(512 * i - 2, record.getShort(array + 2 * i));
        }
        int at = record.getShort(20) & 0xffff;
        while (at <= record.limit() - 24 && record.getInt(at) != -1) {
            int length = record.getInt(at + 4);
            if (length < 24 || length > record.limit() - at) {
                return null;
            }
            if (record.getInt(at) == VOLUME_NAME) {
                long bytes = Integer.toUnsignedLong(record.getInt(at + 16));
                int value = record.getShort(at + 20) & 0xffff;
                boolean inside = record.get(at + 8) == 0 && bytes <= MAX_BYTES && value + bytes <= length;
                return inside ? DiskBytes.text(record, at + value, (int) bytes, StandardCharsets.UTF_16LE) : null;
            }
            at += length;
        }
        return null;
    }
}
