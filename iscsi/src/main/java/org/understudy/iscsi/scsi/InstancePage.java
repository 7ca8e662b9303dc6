package org.understudy.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Vendor specific page 0xc0 of vital product data: 16 bytes that are drawn anew whenever a unit is put on offer. As long as they
 * stay the same the same process holds the same open device, so everything that it acknowledged is still there, be it only in
 * the cache. An initiator that reconnects can thus tell a lost connection from a target that was started anew.
 */
public final class InstancePage {

    public static final int CODE = 0xc0;

    private InstancePage() {}

    static byte[] draw() {
        UUID random = UUID.randomUUID();
        return ByteBuffer.allocate(16)
                .putLong(random.getMostSignificantBits())
                .putLong(random.getLeastSignificantBits())
                .array();
    }
}
