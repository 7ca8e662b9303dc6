package org.understudy.iscsi.pdu;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Which digests a connection uses after login (RFC 7143 section 13.1).
 *
 * @param header CRC32C after every header
 * @param data CRC32C after every data segment
 */
public record Digests(boolean header, boolean data) {

    public static final Digests NONE = new Digests(false, false);

    /** Length of one digest on the wire. */
    static final int LENGTH = 4;

    /** CRC32C over the buffers, in the byte order of the wire when written big-endian. */
    static int crc(ByteBuffer first, ByteBuffer second, int zeroPadding) {
        CRC32C crc = new CRC32C();
        crc.update(first.duplicate());
        crc.update(second.duplicate());
        for (int i = 0; i < zeroPadding; i++) {
            crc.update(0);
        }
        return Integer.reverseBytes((int) crc.getValue());
    }
}
