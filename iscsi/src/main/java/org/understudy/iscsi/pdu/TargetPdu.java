package org.understudy.iscsi.pdu;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What a target sends (RFC 7143 chapter 11), without data segment and without StatSN, ExpCmdSN and MaxCmdSN, which whoever
 * sends fills in at the last moment.
 */
public sealed interface TargetPdu {

    /** Initiator task tag, {@link Header#NO_TAG} if none. */
    int initiatorTaskTag();

    /** Writes the fields of this PDU into a zeroed 48 byte header at absolute positions. */
    void encode(ByteBuffer header);

    /** How the StatSN field is used. */
    default StatSn statSn() {
        return StatSn.ADVANCES;
    }

    /** Use of the StatSN field. */
    enum StatSn {
        /** Carries the next number and uses it up. */
        ADVANCES,
        /** Shows the next number without using it. */
        SHOWS,
        /** Field is reserved. */
        ABSENT
    }

    /** Residual of a transfer: how the length that the initiator expected differs from what the command needed. */
    enum ResidualKind {
        NONE,
        UNDERFLOW,
        OVERFLOW;

        int flags() {
            return switch (this) {
                case NONE -> 0;
                case UNDERFLOW -> 2;
                case OVERFLOW -> 4;
            };
        }

        static ResidualKind of(int flags) {
            if ((flags & 2) != 0) {
                return UNDERFLOW;
            }
            return (flags & 4) != 0 ? OVERFLOW : NONE;
        }
    }

    /**
     * @param kind underflow or overflow
     * @param count bytes
     */
    record Residual(ResidualKind kind, int count) {
        public static final Residual NONE = new Residual(ResidualKind.NONE, 0);

        /** The residual of a command that needed {@code needed} bytes where {@code expected} were announced. */
        public static Residual between(long expected, long needed) {
            if (needed == expected) {
                return NONE;
            }
            return needed < expected
                    ? new Residual(ResidualKind.UNDERFLOW, (int) (expected - needed))
                    : new Residual(ResidualKind.OVERFLOW, (int) (needed - expected));
        }
    }

    /** Decodes a header; empty if its opcode is none that a target may send. */
    static Optional<TargetPdu> decode(Header header) {
        ByteBuffer b = header.bytes();
        int flags = b.get(1) & 0xff;
        boolean isFinal = (flags & Opcode.FINAL) != 0;
        boolean isContinued = (flags & Opcode.CONTINUE) != 0;
        int itt = header.initiatorTaskTag();
        return switch (header.opcode()) {
            case Opcode.NOP_IN -> Optional.of(new NopIn(b.getLong(8), itt, b.getInt(20)));
            case Opcode.SCSI_RESPONSE ->
                Optional.of(new ScsiResponse(
                        itt,
                        b.get(2) & 0xff,
                        b.get(3) & 0xff,
                        b.getInt(36),
                        new Residual(ResidualKind.of(flags), b.getInt(44))));
            case Opcode.TASK_MANAGEMENT_RESPONSE -> Optional.of(new TaskManagementResponse(itt, b.get(2) & 0xff));
            case Opcode.LOGIN_RESPONSE ->
                Optional.of(new LoginResponse(
                        isFinal,
                        isContinued,
                        flags >> 2 & 3,
                        flags & 3,
                        b.get(2) & 0xff,
                        b.get(3) & 0xff,
                        b.getLong(8) >>> 16,
                        b.getShort(14) & 0xffff,
                        itt,
                        b.get(36) & 0xff,
                        b.get(37) & 0xff));
            case Opcode.TEXT_RESPONSE ->
                Optional.of(new TextResponse(isFinal, isContinued, b.getLong(8), itt, b.getInt(20)));
            case Opcode.DATA_IN ->
                Optional.of(new DataIn(
                        isFinal,
                        (flags & 1) != 0,
                        b.get(3) & 0xff,
                        itt,
                        b.getInt(20),
                        b.getInt(36),
                        b.getInt(40) & 0xffffffffL,
                        new Residual(ResidualKind.of(flags), b.getInt(44))));
            case Opcode.LOGOUT_RESPONSE -> Optional.of(new LogoutResponse(itt, b.get(2) & 0xff));
            case Opcode.R2T ->
                Optional.of(new R2t(
                        b.getLong(8),
                        itt,
                        b.getInt(20),
                        b.getInt(36),
                        b.getInt(40) & 0xffffffffL,
                        b.getInt(44) & 0xffffffffL));
            case Opcode.ASYNC_MESSAGE ->
                Optional.of(new AsyncMessage(
                        b.getLong(8), b.get(36) & 0xff, b.getShort(38), b.getShort(40), b.getShort(42)));
            case Opcode.REJECT -> Optional.of(new Reject(b.get(2) & 0xff));
            default -> Optional.empty();
        };
    }

    private static void start(ByteBuffer header, int opcode, int flags, int itt) {
        header.put(0, (byte) opcode);
        header.put(1, (byte) flags);
        header.putInt(16, itt);
    }

    /** Ping, or the answer to one. */
    record NopIn(long lun, int initiatorTaskTag, int targetTransferTag) implements TargetPdu {
        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.NOP_IN, Opcode.FINAL, initiatorTaskTag);
            header.putLong(8, lun);
            header.putInt(20, targetTransferTag);
        }

        @Override
        public StatSn statSn() {
            return initiatorTaskTag == Header.NO_TAG ? StatSn.SHOWS : StatSn.ADVANCES;
        }
    }

    /**
     * End of a SCSI command.
     *
     * @param response 0 completed at the target, 1 target failure
     * @param status SCSI status
     * @param expDataSn number of Data-In and R2T PDUs sent for the command
     */
    record ScsiResponse(int initiatorTaskTag, int response, int status, int expDataSn, Residual residual)
            implements TargetPdu {
        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.SCSI_RESPONSE, Opcode.FINAL | residual.kind().flags(), initiatorTaskTag);
            header.put(2, (byte) response);
            header.put(3, (byte) status);
            header.putInt(36, expDataSn);
            header.putInt(44, residual.count());
        }
    }

    /** Outcome of task management; codes of section 11.6.1. */
    record TaskManagementResponse(int initiatorTaskTag, int response) implements TargetPdu {
        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.TASK_MANAGEMENT_RESPONSE, Opcode.FINAL, initiatorTaskTag);
            header.put(2, (byte) response);
        }
    }

    /** One step of a login. */
    record LoginResponse(
            boolean transit,
            boolean isContinued,
            int currentStage,
            int nextStage,
            int versionMax,
            int versionActive,
            long isid,
            int tsih,
            int initiatorTaskTag,
            int statusClass,
            int statusDetail)
            implements TargetPdu {
        @Override
        public void encode(ByteBuffer header) {
            int flags =
                    (transit ? Opcode.FINAL : 0) | (isContinued ? Opcode.CONTINUE : 0) | currentStage << 2 | nextStage;
            start(header, Opcode.LOGIN_RESPONSE, flags, initiatorTaskTag);
            header.put(2, (byte) versionMax);
            header.put(3, (byte) versionActive);
            header.putLong(8, isid << 16 | tsih);
            header.put(36, (byte) statusClass);
            header.put(37, (byte) statusDetail);
        }

        @Override
        public StatSn statSn() {
            return statusClass == 0 ? StatSn.ADVANCES : StatSn.ABSENT;
        }
    }

    /** Text negotiation in full feature phase. */
    record TextResponse(boolean isFinal, boolean isContinued, long lun, int initiatorTaskTag, int targetTransferTag)
            implements TargetPdu {
        @Override
        public void encode(ByteBuffer header) {
            int flags = (isFinal ? Opcode.FINAL : 0) | (isContinued ? Opcode.CONTINUE : 0);
            start(header, Opcode.TEXT_RESPONSE, flags, initiatorTaskTag);
            header.putLong(8, lun);
            header.putInt(20, targetTransferTag);
        }
    }

    /** Data of a read; with {@code hasStatus} also the end of the command. */
    record DataIn(
            boolean isFinal,
            boolean hasStatus,
            int status,
            int initiatorTaskTag,
            int targetTransferTag,
            int dataSn,
            long bufferOffset,
            Residual residual)
            implements TargetPdu {
        @Override
        public void encode(ByteBuffer header) {
            int flags = (isFinal ? Opcode.FINAL : 0)
                    | (hasStatus ? 1 : 0)
                    | residual.kind().flags();
            start(header, Opcode.DATA_IN, flags, initiatorTaskTag);
            header.put(3, (byte) status);
            header.putInt(20, targetTransferTag);
            header.putInt(36, dataSn);
            header.putInt(40, (int) bufferOffset);
            header.putInt(44, residual.count());
        }

        @Override
        public StatSn statSn() {
            return hasStatus ? StatSn.ADVANCES : StatSn.ABSENT;
        }
    }

    /** Answer to a logout: 0 done, 1 no such connection, 2 recovery not supported, 3 clean-up failed. */
    record LogoutResponse(int initiatorTaskTag, int response) implements TargetPdu {
        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.LOGOUT_RESPONSE, Opcode.FINAL, initiatorTaskTag);
            header.put(2, (byte) response);
        }
    }

    /** Request for data of a write. */
    record R2t(long lun, int initiatorTaskTag, int targetTransferTag, int r2tSn, long bufferOffset, long desiredLength)
            implements TargetPdu {
        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.R2T, Opcode.FINAL, initiatorTaskTag);
            header.putLong(8, lun);
            header.putInt(20, targetTransferTag);
            header.putInt(36, r2tSn);
            header.putInt(40, (int) bufferOffset);
            header.putInt(44, (int) desiredLength);
        }

        @Override
        public StatSn statSn() {
            return StatSn.SHOWS;
        }
    }

    /** Event of the target: 0 SCSI, 1 please log out, 2 connection dropped, 3 session dropped, 4 negotiate. */
    record AsyncMessage(long lun, int event, short parameter1, short parameter2, short parameter3)
            implements TargetPdu {
        @Override
        public int initiatorTaskTag() {
            return Header.NO_TAG;
        }

        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.ASYNC_MESSAGE, Opcode.FINAL, Header.NO_TAG);
            header.putLong(8, lun);
            header.put(36, (byte) event);
            header.putShort(38, parameter1);
            header.putShort(40, parameter2);
            header.putShort(42, parameter3);
        }
    }

    /** Refusal of a PDU whose header is in the data segment; reasons of section 11.17.1. */
    record Reject(int reason) implements TargetPdu {
        public static final int PROTOCOL_ERROR = 0x04;
        public static final int COMMAND_NOT_SUPPORTED = 0x05;
        public static final int TASK_IN_PROGRESS = 0x07;
        public static final int INVALID_PDU_FIELD = 0x09;

        @Override
        public int initiatorTaskTag() {
            return Header.NO_TAG;
        }

        @Override
        public void encode(ByteBuffer header) {
            start(header, Opcode.REJECT, Opcode.FINAL, Header.NO_TAG);
            header.put(2, (byte) reason);
        }
    }
}
