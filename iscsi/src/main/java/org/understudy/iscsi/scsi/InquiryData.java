package org.understudy.iscsi.scsi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Standard inquiry data (SPC-4 section 6.6.2). */
final class InquiryData {

    static final String VENDOR = "UNDRSTDY";

    private static final String PRODUCT = "Virtual disk";
    private static final String REVISION = "1.0";
    private static final int LENGTH = 96;
    private static final int SPC_4 = 6;
    /** SAM-5, SPC-4, SBC-3, iSCSI: versions without a claim to a revision. */
    private static final short[] VERSION_DESCRIPTORS = {0x00a0, 0x0460, 0x04c0, 0x0960};

    private InquiryData() {}

    static byte[] standard(boolean removable) {
        ByteBuffer data = ByteBuffer.allocate(LENGTH);
        data.put(1, (byte) (removable ? 0x80 : 0));
        data.put(2, (byte) SPC_4);
        // HISUP and response data format 2
        data.put(3, (byte) 0x12);
        data.put(4, (byte) (LENGTH - 5));
        // 3PC: EXTENDED COPY is supported
        data.put(5, (byte) 0x08);
        // CMDQUE
        data.put(7, (byte) 0x02);
        data.put(8, padded(VENDOR, 8)).put(16, padded(PRODUCT, 16)).put(32, padded(REVISION, 4));
        data.position(58);
        for (short descriptor : VERSION_DESCRIPTORS) {
            data.putShort(descriptor);
        }
        return data.array();
    }

    static byte[] padded(String text, int length) {
        return String.format("%-" + length + "s", text).getBytes(StandardCharsets.US_ASCII);
    }
}
