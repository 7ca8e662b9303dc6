package org.understudy.agent.usedspace;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Checksums of file-system metadata that the JDK lacks, or has only without a free start value. Stateless. */
final class Checksums {

    private static final int[] CRC32C_TABLE = reflectedTable(0x82f63b78);
    private static final int[] CRC16_TABLE = reflectedTable(0xa001);

    private Checksums() {}

    private static int[] reflectedTable(int polynomial) {
        int[] table = new int[256];
        for (int i = 0; i < 256; i++) {
            int value = i;
            for (int bit = 0; bit < 8; bit++) {
                value = (value & 1) != 0 ? value >>> 1 ^ polynomial : value >>> 1;
            }
            table[i] = value;
        }
        return table;
    }

    /** CRC-32C without final inversion, continued from {@code seed}: {@code crc32c_le} of Linux. */
    static int crc32cRaw(int seed, ByteBuffer bytes, int offset, int length) {
        int crc = seed;
        for (int i = offset; i < offset + length; i++) {
            crc = CRC32C_TABLE[(crc ^ bytes.get(i)) & 0xff] ^ crc >>> 8;
        }
        return crc;
    }

    static int crc32cRaw(int seed, byte... bytes) {
        return crc32cRaw(seed, ByteBuffer.wrap(bytes), 0, bytes.length);
    }

    /** CRC-16 (ANSI), continued from {@code seed}: {@code crc16} of Linux. */
    static int crc16(int seed, ByteBuffer bytes, int offset, int length) {
        int crc = seed & 0xffff;
        for (int i = offset; i < offset + length; i++) {
            crc = CRC16_TABLE[(crc ^ bytes.get(i)) & 0xff] ^ crc >>> 8;
        }
        return crc & 0xffff;
    }

    /** Standard CRC-32C of a block in which the four bytes at {@code hole} count as zero (XFS v5). */
    static int crc32cWithHole(ByteBuffer block, int length, int hole) {
        CRC32C crc = new CRC32C();
        crc.update(block.duplicate().position(0).limit(hole));
        crc.update(new byte[4]);
        crc.update(block.duplicate().position(hole + 4).limit(length));
        return (int) crc.getValue();
    }

    /** Standard CRC-32C of a part of a buffer. */
    static int crc32c(ByteBuffer block, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(block.duplicate().limit(offset + length).position(offset));
        return (int) crc.getValue();
    }
}
