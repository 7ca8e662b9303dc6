package org.understudy.iscsi.pdu;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What an initiator sends (RFC 7143 chapter 11), without data segment and without the sequence numbers, which whoever sends
 * fills in at the last moment.
 */
public sealed interface InitiatorPdu {

    /** Initiator task tag, {@link Header#NO_TAG} if none. */
    int initiatorTaskTag();

    /** Writes the fields of this PDU into a zeroed 48 byte header at absolute positions. */
    void encode(ByteBuffer header);

    /** True for Data-Out and SNACK, whose CmdSN field is reserved. */
    default boolean unnumbered() {
        return false;
    }

    /** True if marked for immediate delivery: it does not advance CmdSN. */
    default boolean immediate() {
        return false;
    }

    /** Decodes a header; empty if its opcode is none that an initiator may send. */
    static Optional<InitiatorPdu> decode(Header header) {
        ByteBuffer b = header.bytes();
        int flags = b.get(1) & 0xff;
        boolean isFinal = (flags & Opcode.FINAL) != 0;
        boolean isContinued = (flags & Opcode.CONTINUE) != 0;
        int itt = header.initiatorTaskTag();
        return switch (header.opcode()) {
            case Opcode.NOP_OUT -> Optional.of(new NopOut(header.immediate(), b.getLong(8), itt, b.getInt(20)));
            case Opcode.SCSI_COMMAND -> {
                byte[] cdb = new byte[16];
                b.get(32, cdb);
                yield Optional.of(new ScsiCommand(
                        header.immediate(),
                        isFinal,
                        (flags & 0x40) != 0,
                        (flags & 0x20) != 0,
                        flags & 7,
                        b.getLong(8),
                        itt,
                        b.getInt(20) & 0xffffffffL,
                        cdb));
            }
            case Opcode.TASK_MANAGEMENT_REQUEST ->
                Optional.of(new TaskManagementRequest(
                        header.immediate(), flags & 0x7f, b.getLong(8), itt, b.getInt(20), b.getInt(32)));
            case Opcode.LOGIN_REQUEST ->
                Optional.of(new LoginRequest(
                        isFinal,
                        isContinued,
                        flags >> 2 & 3,
                        flags & 3,
                        b.get(2) & 0xff,
                        b.get(3) & 0xff,
                        b.getLong(8) >>> 16,
                        b.getShort(14) & 0xffff,
                        itt,
                        b.getShort(20) & 0xffff));
            case Opcode.TEXT_REQUEST ->
                Optional.of(new TextRequest(header.immediate(), isFinal, isContinued, b.getLong(8), itt, b.getInt(20)));
            case Opcode.DATA_OUT ->
                Optional.of(new DataOut(
                        isFinal, b.getLong(8), itt, b.getInt(20), b.getInt(36), b.getInt(40) & 0xffffffffL));
            case Opcode.LOGOUT_REQUEST ->
                Optional.of(new LogoutRequest(header.immediate(), flags & 0x7f, itt, b.getShort(20) & 0xffff));
            case Opcode.SNACK_REQUEST -> Optional.of(new SnackRequest(flags & 0x0f, itt));
            default -> Optional.empty();
        };
    }

    private static void start(ByteBuffer header, int opcode, boolean immediate, int flags, long lun, int itt) {
        header.put(0, (byte) (opcode | (immediate ? Opcode.IMMEDIATE : 0)));
        header.put(1, (byte) flags);
        header.putLong(8, lun);
        header.putInt(16, itt);
    }

    /** Ping, or the answer to one. */
    record NopOut(boolean immediate, long lun, int initiatorTaskTag, int targetTransferTag) implements InitiatorPdu {
        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.NOP_OUT, immediate, Opcode.FINAL, lun, initiatorTaskTag);
            header.putInt(20, targetTransferTag);
        }
    }

    /**
     * A SCSI command.
     *
     * @param isFinal no unsolicited Data-Out follows
     * @param attribute 0 untagged, 1 simple, 2 ordered, 3 head of queue, 4 ACA
     * @param lun the eight bytes of the LUN field
     * @param expectedLength expected data transfer length in bytes
     * @param cdb 16 bytes
     */
    record ScsiCommand(
            boolean immediate,
            boolean isFinal,
            boolean read,
            boolean write,
            int attribute,
            long lun,
            int initiatorTaskTag,
            long expectedLength,
            byte[] cdb)
            implements InitiatorPdu {
        @Override
        public void encode(ByteBuffer header) {
            int flags = (isFinal ? Opcode.FINAL : 0) | (read ? 0x40 : 0) | (write ? 0x20 : 0) | attribute;
            start(header, Opcode.SCSI_COMMAND, immediate, flags, lun, initiatorTaskTag);
            header.putInt(20, (int) expectedLength);
            header.put(32, cdb);
        }
    }

    /** Task management; functions are those of section 11.5.1. */
    record TaskManagementRequest(
            boolean immediate, int function, long lun, int initiatorTaskTag, int referencedTag, int referencedCmdSn)
            implements InitiatorPdu {
        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.TASK_MANAGEMENT_REQUEST, immediate, Opcode.FINAL | function, lun, initiatorTaskTag);
            header.putInt(20, referencedTag);
            header.putInt(32, referencedCmdSn);
        }
    }

    /**
     * One step of a login.
     *
     * @param isid 48 bits
     */
    record LoginRequest(
            boolean transit,
            boolean isContinued,
            int currentStage,
            int nextStage,
            int versionMax,
            int versionMin,
            long isid,
            int tsih,
            int initiatorTaskTag,
            int cid)
            implements InitiatorPdu {
        @Override
        public void encode(ByteBuffer header) {
            int flags =
                    (transit ? Opcode.FINAL : 0) | (isContinued ? Opcode.CONTINUE : 0) | currentStage << 2 | nextStage;
            start(header, Opcode.LOGIN_REQUEST, true, flags, isid << 16 | tsih, initiatorTaskTag);
            header.put(2, (byte) versionMax);
            header.put(3, (byte) versionMin);
            header.putShort(20, (short) cid);
        }

        @Override
        public boolean immediate() {
            return true;
        }
    }

    /** Text negotiation in full feature phase. */
    record TextRequest(
            boolean immediate,
            boolean isFinal,
            boolean isContinued,
            long lun,
            int initiatorTaskTag,
            int targetTransferTag)
            implements InitiatorPdu {
        @Override
        public void encode(ByteBuffer header) {
            int flags = (isFinal ? Opcode.FINAL : 0) | (isContinued ? Opcode.CONTINUE : 0);
            start(header, Opcode.TEXT_REQUEST, immediate, flags, lun, initiatorTaskTag);
            header.putInt(20, targetTransferTag);
        }
    }

    /** Data of a write: solicited if it carries a target transfer tag. */
    record DataOut(
            boolean isFinal, long lun, int initiatorTaskTag, int targetTransferTag, int dataSn, long bufferOffset)
            implements InitiatorPdu {
        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.DATA_OUT, false, isFinal ? Opcode.FINAL : 0, lun, initiatorTaskTag);
            header.putInt(20, targetTransferTag);
            header.putInt(36, dataSn);
            header.putInt(40, (int) bufferOffset);
        }

        @Override
        public boolean unnumbered() {
            return true;
        }
    }

    /** End of a session or connection; reason 0 session, 1 connection, 2 recovery. */
    record LogoutRequest(boolean immediate, int reason, int initiatorTaskTag, int cid) implements InitiatorPdu {
        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.LOGOUT_REQUEST, immediate, Opcode.FINAL | reason, 0, initiatorTaskTag);
            header.putShort(20, (short) cid);
        }
    }

    /** Request for retransmission; not allowed at error recovery level 0. */
    record SnackRequest(int type, int initiatorTaskTag) implements InitiatorPdu {
        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.SNACK_REQUEST, false, Opcode.FINAL | type, 0, initiatorTaskTag);
        }

        @Override
        public boolean unnumbered() {
            return true;
        }
    }
}
