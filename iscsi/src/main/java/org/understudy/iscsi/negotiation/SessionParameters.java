package org.understudy.iscsi.negotiation;

import org.understudy.iscsi.pdu.Digests;

/**
 * What both sides agreed on.
 *
 * @param digests after login
 * @param sendSegmentBytes longest data segment that the peer accepts
 * @param receiveSegmentBytes longest data segment that we accept
 * @param maxBurstBytes longest solicited sequence
 * @param firstBurstBytes most unsolicited data of a command
 * @param initialR2t no unsolicited Data-Out
 * @param immediateData data may come with the command
 * @param maxOutstandingR2t R2Ts of one command that may be open
 */
public record SessionParameters(
        Digests digests,
        int sendSegmentBytes,
        int receiveSegmentBytes,
        int maxBurstBytes,
        int firstBurstBytes,
        boolean initialR2t,
        boolean immediateData,
        int maxOutstandingR2t) {

    /** Default of MaxRecvDataSegmentLength, and its value during login. */
    public static final int DEFAULT_SEGMENT_BYTES = 8192;

    /** The values that hold where a key was not negotiated (RFC 7143 chapter 13). */
    public static final SessionParameters DEFAULTS = new SessionParameters(
            Digests.NONE, DEFAULT_SEGMENT_BYTES, DEFAULT_SEGMENT_BYTES, 262144, 65536, true, true, 1);
}
