package org.understudy.iscsi;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.iscsi.scsi.Sense;

/**
 * A failure of an iSCSI session, one nested type per thing that a caller can do something about. Is an {@link IOException}
 * so that a remote disk can stand where a local device stood.
 */
public abstract sealed class IscsiException extends IOException {

    private static final long serialVersionUID = 1;

    private final ProblemCode code;

    private IscsiException(ProblemCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** The failure as the product shows it to people. */
    public Problem problem() {
        return Problem.of(code).withDetails(getMessage());
    }

    /**
     * The target answered the login with a refusal (RFC 7143 section 11.13.5). Retrying with the same credentials and names
     * gives the same answer, except for status class 3 (target side faults).
     */
    public static final class LoginRefused extends IscsiException {
        private static final long serialVersionUID = 1;
        private final int statusClass;
        private final int statusDetail;

        public LoginRefused(int statusClass, int statusDetail, String reason) {
            super(
                    ProblemCode.ISCSI_LOGIN_REFUSED,
                    String.format("login refused with status 0x%02x%02x: %s", statusClass, statusDetail, reason),
                    null);
            this.statusClass = statusClass;
            this.statusDetail = statusDetail;
        }

        /** 1 redirection, 2 initiator fault, 3 target fault. */
        public int statusClass() {
            return statusClass;
        }

        public int statusDetail() {
            return statusDetail;
        }

        /** Class and detail as one number, for example 0x0201 for failed authentication. */
        public int status() {
            return statusClass << 8 | statusDetail;
        }

        @Override
        public Problem problem() {
            return Problem.of(ProblemCode.ISCSI_LOGIN_REFUSED, "status", String.format("0x%04x", status()))
                    .withDetails(getMessage());
        }
    }

    /** The connection could not be made, ended, stalled beyond the timeout, or the session was closed by its owner. */
    public static final class ConnectionLost extends IscsiException {
        private static final long serialVersionUID = 1;

        public ConnectionLost(String message) {
            super(ProblemCode.ISCSI_CONNECTION_LOST, message, null);
        }

        public ConnectionLost(String message, @Nullable Throwable cause) {
            super(ProblemCode.ISCSI_CONNECTION_LOST, message, cause);
        }
    }

    /** The peer broke the protocol; the connection was closed. */
    public static final class ProtocolViolation extends IscsiException {
        private static final long serialVersionUID = 1;

        public ProtocolViolation(String message) {
            super(ProblemCode.ISCSI_CONNECTION_LOST, message, null);
        }
    }

    /**
     * The connection was lost while a command was under way that must not be sent twice (COMPARE AND WRITE): it was carried out
     * or not. The session lives on; read the blocks to find out.
     */
    public static final class OutcomeUnknown extends IscsiException {
        private static final long serialVersionUID = 1;

        public OutcomeUnknown(String command, Throwable cause) {
            super(
                    ProblemCode.ISCSI_CONNECTION_LOST,
                    command + ": the connection was lost and the outcome is not known",
                    cause);
        }
    }

    /** After a reconnect a LUN had another identity or size than before. Nothing was sent to it; the session has ended. */
    public static final class LunChanged extends IscsiException {
        private static final long serialVersionUID = 1;
        private final int lun;

        public LunChanged(int lun, String difference) {
            super(
                    ProblemCode.ISCSI_IO_FAILED,
                    "LUN " + lun + " is not the same after a reconnect: " + difference,
                    null);
            this.lun = lun;
        }

        public int lun() {
            return lun;
        }
    }

    /**
     * A flush cannot promise anything: the target may have started anew since the last flush that succeeded, so writes that it
     * had acknowledged since then may be gone. Write again whatever was written since that flush; the next flush is good.
     */
    public static final class UnflushedWritesInDoubt extends IscsiException {
        private static final long serialVersionUID = 1;
        private final int lun;

        public UnflushedWritesInDoubt(int lun) {
            super(
                    ProblemCode.ISCSI_IO_FAILED,
                    "LUN " + lun
                            + ": the target may have lost writes that were acknowledged since the last flush: it was"
                            + " reached again after a lost connection and did not show that it is the same running instance",
                    null);
            this.lun = lun;
        }

        public int lun() {
            return lun;
        }
    }

    /** The target executed the command and answered with a status other than GOOD. The session stays usable. */
    public static final class CommandFailed extends IscsiException {
        private static final long serialVersionUID = 1;
        private final int status;
        private final transient @Nullable Sense sense;

        public CommandFailed(String command, int status, @Nullable Sense sense) {
            super(
                    ProblemCode.ISCSI_IO_FAILED,
                    command + " failed: " + (sense == null ? String.format("status 0x%02x", status) : sense),
                    null);
            this.status = status;
            this.sense = sense;
        }

        /** SCSI status byte: 0x02 check condition, 0x08 busy, 0x18 reservation conflict, 0x28 task set full. */
        public int status() {
            return status;
        }

        /** Sense data, or null where the status carries none. */
        public @Nullable Sense sense() {
            return sense;
        }
    }
}
