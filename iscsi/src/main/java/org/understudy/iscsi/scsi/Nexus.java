package org.understudy.iscsi.scsi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * An I_T nexus as SCSI sees it: an initiator port, which for iSCSI is name plus session identifier, and our one target port.
 * Equal nexuses are the same port logging in again.
 *
 * @param initiatorName node name
 * @param isid 48 bits
 */
public record Nexus(String initiatorName, long isid) {

    /** TransportID of the initiator port (SPC-4 section 7.6.4.6), padded to four bytes. */
    public byte[] transportId() {
        byte[] name = String.format("%s,i,0x%012x", initiatorName, isid).getBytes(StandardCharsets.UTF_8);
        int padded = (name.length + 1 + 3) & ~3;
        return ByteBuffer.allocate(4 + padded)
                .put((byte) 0x45)
                .put((byte) 0)
                .putShort((short) padded)
                .put(name)
                .array();
    }
}
