package org.understudy.iscsi.scsi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/** Vital product data pages (SPC-4 section 7.8, SBC-3 section 6.5). */
final class VitalProductData {

    /** Most blocks that one UNMAP or WRITE SAME takes: bounds the time of one command. */
    static final int MAX_UNMAP_BLOCKS = 1 << 20;

    static final int MAX_UNMAP_DESCRIPTORS = 256;

    private static final byte[] SUPPORTED = {
        0x00, (byte) 0x80, (byte) 0x83, (byte) 0x86, (byte) 0xb0, (byte) 0xb1, (byte) 0xb2, (byte) InstancePage.CODE
    };

    private VitalProductData() {}

    /** The whole page with its header; empty if it is not supported. */
    static Optional<byte[]> page(LogicalUnit unit, int code) {
        return switch (code) {
            case 0x00 -> Optional.of(withHeader(code, SUPPORTED));
            case 0x80 -> Optional.of(withHeader(code, unit.serial().getBytes(StandardCharsets.US_ASCII)));
            case 0x83 -> Optional.of(withHeader(code, designators(unit)));
            case 0x86 -> Optional.of(withHeader(code, extendedInquiry()));
            case 0xb0 -> Optional.of(withHeader(code, blockLimits(unit)));
            case 0xb1 -> Optional.of(withHeader(code, characteristics()));
            // threshold 0, LBPU LBPWS LBPRZ (not LBPWS10), thin provisioned
            case 0xb2 -> Optional.of(withHeader(code, new byte[] {0, (byte) 0xc4, 2, 0}));
            case InstancePage.CODE -> Optional.of(withHeader(code, unit.instance()));
            default -> Optional.empty();
        };
    }

    private static byte[] withHeader(int code, byte[] body) {
        return ByteBuffer.allocate(4 + body.length)
                .put((byte) 0)
                .put((byte) code)
                .putShort((short) body.length)
                .put(body)
                .array();
    }

    /** True if a designator, as it stands in page 0x83 and perhaps cut short, names the unit itself. */
    static boolean hasDesignator(LogicalUnit unit, byte[] wanted) {
        ByteArrayOutputStream own = new ByteArrayOutputStream();
        designator(own, 0x01, 0x03, naa(unit));
        if (java.util.Arrays.equals(own.toByteArray(), wanted)) {
            return true;
        }
        byte[] text = (InquiryData.VENDOR + unit.serial()).getBytes(StandardCharsets.US_ASCII);
        // Descriptors of copy targets have room for 20 bytes only: a longer text would not be unique.
        boolean sameKind = wanted.length == 4 + text.length && wanted[0] == 0x02 && wanted[1] == 0x01;
        return sameKind && java.util.Arrays.equals(java.util.Arrays.copyOfRange(wanted, 4, wanted.length), text);
    }

    private static byte[] designators(LogicalUnit unit) {
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        byte[] vendorAndSerial = (InquiryData.VENDOR + unit.serial()).getBytes(StandardCharsets.US_ASCII);
        designator(list, 0x02, 0x01, vendorAndSerial);
        designator(list, 0x01, 0x03, naa(unit));
        // Relative target port 1 and the SCSI name of the port, both associated with the port.
        designator(list, 0x51, 0x94, new byte[] {0, 0, 0, 1});
        byte[] portName = (unit.targetName() + ",t,0x0001").getBytes(StandardCharsets.UTF_8);
        designator(list, 0x53, 0x98, java.util.Arrays.copyOf(portName, (portName.length + 4) & ~3));
        return list.toByteArray();
    }

    private static void designator(ByteArrayOutputStream list, int codeSet, int type, byte[] value) {
        list.write(codeSet);
        list.write(type);
        list.write(0);
        list.write(value.length);
        list.writeBytes(value);
    }

    /** NAA 3, locally assigned: 60 bits of a hash of what makes the unit unique. */
    private static byte[] naa(LogicalUnit unit) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest((InquiryData.VENDOR + unit.serial()).getBytes(StandardCharsets.UTF_8));
            byte[] name = java.util.Arrays.copyOf(hash, 8);
            name[0] = (byte) (0x30 | name[0] & 0x0f);
            return name;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static byte[] extendedInquiry() {
        byte[] body = new byte[60];
        // SIMPSUP, ORDSUP, HEADSUP
        body[1] = 0x07;
        return body;
    }

    private static byte[] blockLimits(LogicalUnit unit) {
        int perPhysicalBlock = LogicalUnit.PHYSICAL_BLOCK_BYTES / unit.blockSize();
        ByteBuffer body = ByteBuffer.allocate(0x3c);
        body.put(1, (byte) VerifyCommands.MAX_COMPARE_BLOCKS);
        body.putShort(2, (short) perPhysicalBlock);
        body.putInt(4, CapacityCommands.MAX_TRANSFER_BYTES / unit.blockSize());
        body.putInt(8, (1 << 20) / unit.blockSize());
        body.putInt(16, MAX_UNMAP_BLOCKS);
        body.putInt(20, MAX_UNMAP_DESCRIPTORS);
        body.putInt(24, perPhysicalBlock);
        // alignment 0, valid
        body.putInt(28, 0x80000000);
        body.putLong(32, MAX_UNMAP_BLOCKS);
        return body.array();
    }

    private static byte[] characteristics() {
        byte[] body = new byte[60];
        // medium rotation rate 1: not rotating
        body[1] = 1;
        return body;
    }
}
