package org.understudy.iscsi.scsi;

/**
 * A command descriptor block.
 *
 * @param bytes 16 bytes; shorter commands leave the rest zero
 */
public record Cdb(byte[] bytes) {

    public Cdb {
        if (bytes.length != 16) {
            throw new IllegalArgumentException("a CDB field has 16 bytes");
        }
    }

    public int opcode() {
        return bytes[0] & 0xff;
    }

    /** Low five bits of byte 1. */
    public int serviceAction() {
        return bytes[1] & 0x1f;
    }

    /** Length that the group code of the operation code tells; 16 for variable or vendor groups. */
    public int length() {
        return switch (opcode() >> 5) {
            case 0 -> 6;
            case 1, 2 -> 10;
            case 5 -> 12;
            default -> 16;
        };
    }

    public int u8(int index) {
        return bytes[index] & 0xff;
    }

    public boolean bit(int index, int mask) {
        return (bytes[index] & mask) != 0;
    }

    public int u16(int index) {
        return u8(index) << 8 | u8(index + 1);
    }

    public int u24(int index) {
        return u8(index) << 16 | u16(index + 1);
    }

    public long u32(int index) {
        return (long) u16(index) << 16 | u16(index + 2);
    }

    /** 64 bits; values from 2^63 on come out negative. */
    public long u64(int index) {
        return u32(index) << 32 | u32(index + 4);
    }

    /** The CONTROL byte asks for auto contingent allegiance, which is not supported. */
    public boolean naca() {
        return (bytes[length() - 1] & 0x04) != 0;
    }
}
