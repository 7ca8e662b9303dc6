package org.understudy.iscsi.pdu;

import java.nio.ByteBuffer;

/**
 * A basic header segment as it came from the wire, with its additional header segment. Fields that sit at the same place in
 * many PDUs are read here; the rest is decoded by {@link InitiatorPdu#decode} and {@link TargetPdu#decode}.
 *
 * @param bytes 48 bytes, position 0
 * @param additional the additional header segment, without digest; may be empty
 */
public record Header(ByteBuffer bytes, ByteBuffer additional) {

    /** Length of a basic header segment. */
    public static final int LENGTH = 48;

    /** The reserved tag that names no task. */
    public static final int NO_TAG = 0xffffffff;

    public int opcode() {
        return bytes.get(0) & Opcode.MASK;
    }

    public boolean immediate() {
        return (bytes.get(0) & Opcode.IMMEDIATE) != 0;
    }

    public int dataLength() {
        return bytes.getInt(4) & 0xffffff;
    }

    public int initiatorTaskTag() {
        return bytes.getInt(16);
    }

    /** CmdSN of initiator PDUs (not Data-Out), StatSN of target PDUs. */
    public int sequenceNumber() {
        return bytes.getInt(24);
    }

    /** ExpStatSN of initiator PDUs, ExpCmdSN of target PDUs. */
    public int expectedSequenceNumber() {
        return bytes.getInt(28);
    }

    /** MaxCmdSN of target PDUs. */
    public int maxCommandNumber() {
        return bytes.getInt(32);
    }

    /** True for requests that take a place in the command order, that is all but Data-Out and SNACK. */
    public boolean carriesCommandNumber() {
        int opcode = opcode();
        return opcode != Opcode.DATA_OUT && opcode != Opcode.SNACK_REQUEST;
    }

    public boolean isLoginRequest() {
        return opcode() == Opcode.LOGIN_REQUEST;
    }

    /** The header as an array, for a Reject. */
    public byte[] toArray() {
        byte[] copy = new byte[LENGTH];
        bytes.get(0, copy);
        return copy;
    }
}
