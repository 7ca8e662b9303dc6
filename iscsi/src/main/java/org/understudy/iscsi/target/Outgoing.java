package org.understudy.iscsi.target;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.pdu.TargetPdu;

/**
 * A PDU on its way out.
 *
 * @param pdu header
 * @param data data segment from position to limit, or null
 * @param buffer released when sent or dropped, or null
 */
record Outgoing(
        TargetPdu pdu, @Nullable ByteBuffer data, @Nullable DataBuffer buffer) {

    static Outgoing of(TargetPdu pdu) {
        return new Outgoing(pdu, null, null);
    }

    static Outgoing of(TargetPdu pdu, byte[] data) {
        return new Outgoing(pdu, data.length == 0 ? null : ByteBuffer.wrap(data), null);
    }

    void release() {
        if (buffer != null) {
            buffer.release();
        }
    }
}
