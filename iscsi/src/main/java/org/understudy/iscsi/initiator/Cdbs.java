package org.understudy.iscsi.initiator;

import java.nio.ByteBuffer;

/** Command descriptor blocks that the initiator sends, as 16 byte fields. */
final class Cdbs {

    private Cdbs() {}

    static byte[] read(long lba, int blocks) {
        return sixteen(0x88, lba, blocks);
    }

    static byte[] write(long lba, int blocks) {
        return sixteen(0x8a, lba, blocks);
    }

    static byte[] synchronizeCache() {
        return sixteen(0x91, 0, 0);
    }

    static byte[] writeSame(long lba, int blocks, boolean unmap) {
        byte[] cdb = sixteen(0x93, lba, blocks);
        cdb[1] = (byte) (unmap ? 0x08 : 0);
        return cdb;
    }

    static byte[] compareAndWrite(long lba, int blocks) {
        ByteBuffer cdb = ByteBuffer.allocate(16);
        cdb.put(0, (byte) 0x89).putLong(2, lba).put(13, (byte) blocks);
        return cdb.array();
    }

    static byte[] readCapacity(int allocationLength) {
        ByteBuffer cdb = ByteBuffer.allocate(16);
        cdb.put(0, (byte) 0x9e).put(1, (byte) 0x10).putInt(10, allocationLength);
        return cdb.array();
    }

    static byte[] inquiry(boolean vitalProductData, int page, int allocationLength) {
        ByteBuffer cdb = ByteBuffer.allocate(16);
        cdb.put(0, (byte) 0x12).put(1, (byte) (vitalProductData ? 1 : 0)).put(2, (byte) page);
        cdb.putShort(3, (short) allocationLength);
        return cdb.array();
    }

    static byte[] modeSense(int page, int allocationLength) {
        ByteBuffer cdb = ByteBuffer.allocate(16);
        cdb.put(0, (byte) 0x5a).put(2, (byte) page).putShort(7, (short) allocationLength);
        return cdb.array();
    }

    static byte[] reportLuns(int allocationLength) {
        ByteBuffer cdb = ByteBuffer.allocate(16);
        cdb.put(0, (byte) 0xa0).putInt(6, allocationLength);
        return cdb.array();
    }

    private static byte[] sixteen(int opcode, long lba, int blocks) {
        ByteBuffer cdb = ByteBuffer.allocate(16);
        cdb.put(0, (byte) opcode).putLong(2, lba).putInt(10, blocks);
        return cdb.array();
    }
}
