package org.understudy.iscsi.fuzz;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.understudy.iscsi.pdu.InitiatorPdu;
import org.understudy.iscsi.pdu.TargetPdu;

/** PDUs as bytes, with or without digests. */
final class Wire {

    private static final int HEADER = 48;

    private Wire() {}

    static byte[] request(InitiatorPdu pdu, int cmdSn, byte[] data) {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER + padded(data.length));
        pdu.encode(bytes.slice(0, HEADER));
        bytes.putInt(4, data.length);
        if (!pdu.unnumbered()) {
            bytes.putInt(24, cmdSn);
        }
        return bytes.put(HEADER, data).array();
    }

    static byte[] answer(TargetPdu pdu, int statSn, int expCmdSn, int maxCmdSn, byte[] data) {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER + padded(data.length));
        pdu.encode(bytes.slice(0, HEADER));
        bytes.putInt(4, data.length).putInt(24, statSn).putInt(28, expCmdSn).putInt(32, maxCmdSn);
        return bytes.put(HEADER, data).array();
    }

    static int padded(int length) {
        return length + 3 & ~3;
    }

    /** The same PDU with right digests. What a mutation made of its length fields is left as it is. */
    static byte[] withDigests(byte[] pdu, boolean header, boolean data) {
        if (pdu.length < HEADER || !header && !data) {
            return pdu;
        }
        int tail = pdu.length - HEADER;
        boolean dataDigest = data && tail > 0;
        ByteBuffer bytes = ByteBuffer.allocate(pdu.length + (header ? 4 : 0) + (dataDigest ? 4 : 0));
        bytes.put(pdu, 0, HEADER);
        if (header) {
            bytes.putInt(crc(pdu, 0, HEADER));
        }
        bytes.put(pdu, HEADER, tail);
        if (dataDigest) {
            bytes.putInt(crc(pdu, HEADER, tail));
        }
        return bytes.array();
    }

    private static int crc(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return Integer.reverseBytes((int) crc.getValue());
    }
}
