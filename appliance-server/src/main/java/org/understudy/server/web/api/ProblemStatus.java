package org.understudy.server.web.api;

import org.springframework.http.HttpStatus;
import org.understudy.core.problem.ProblemCode;

/** The HTTP status of each failure. */
final class ProblemStatus {

    private ProblemStatus() {}

    static HttpStatus of(ProblemCode code) {
        return switch (code) {
            case INVALID_REQUEST,
                    INVALID_SETTING,
                    NO_DISKS_SELECTED,
                    PROTOCOL_VIOLATION,
                    PROTOCOL_VERSION,
                    USER_NAME_INVALID,
                    PASSWORD_TOO_SHORT,
                    PASSWORD_TOO_EASY -> HttpStatus.BAD_REQUEST;
            case TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, LOGIN_REQUIRED, LOGIN_REFUSED, SETUP_CODE_WRONG ->
                HttpStatus.UNAUTHORIZED;
            case CERTIFICATE_REFUSED, FOREIGN_HOST, FINGERPRINT_MISMATCH, ACCESS_DENIED, FILES_QUICK_PATH_OFF ->
                HttpStatus.FORBIDDEN;
            case NOT_FOUND, VOLUME_NOT_FOUND, POINT_NOT_FOUND, RUN_UNKNOWN, DISK_NOT_FOUND -> HttpStatus.NOT_FOUND;
            case CONFLICT,
                    RUN_IN_PROGRESS,
                    POINT_HELD,
                    POINT_LOCKED,
                    POINT_SUSPECT,
                    LOCK_ONLY_LONGER,
                    CLOCK_NOT_TRUSTED,
                    TAKEOVER_EXISTS,
                    CANCELLED,
                    UPGRADE_REFUSED,
                    DATA_DIRECTORY_IN_USE,
                    FILES_NOT_OPEN,
                    FILES_BUSY,
                    SETUP_DONE,
                    SETUP_REQUIRED -> HttpStatus.CONFLICT;
            case LOGIN_LOCKED, ENROLMENT_LOCKED, RUN_LIMIT_REACHED, FILES_LIMIT_REACHED -> HttpStatus.TOO_MANY_REQUESTS;
            case POOL_FULL, NOT_ENOUGH_MEMORY, MEMORY_TAKEN, CPUS_TAKEN -> HttpStatus.INSUFFICIENT_STORAGE;
            case FILES_UNREADABLE, FILES_TOO_MANY -> HttpStatus.UNPROCESSABLE_CONTENT;
            case CAPABILITY_MISSING -> HttpStatus.NOT_IMPLEMENTED;
            case AGENT_OFFLINE,
                    AGENT_TIMEOUT,
                    AGENT_CONNECTION_LOST,
                    RUN_INTERRUPTED,
                    DIGESTS_DAMAGED,
                    TAKEOVER_INTERRUPTED,
                    POOL_UNAVAILABLE,
                    PRIVILEGES_UNAVAILABLE,
                    HYPERVISOR_UNAVAILABLE,
                    DATABASE_UNAVAILABLE,
                    COMMAND_STALLED,
                    ISCSI_CONNECTION_LOST -> HttpStatus.SERVICE_UNAVAILABLE;
            case INTERNAL,
                    COMMAND_MISSING,
                    COMMAND_FAILED,
                    DISK_READ_FAILED,
                    FREEZE_FAILED,
                    SCRIPT_FAILED,
                    ISCSI_LOGIN_REFUSED,
                    EXPORT_OF_ANOTHER_HOST,
                    EXPORT_CREDENTIALS_WRONG,
                    EXPORT_LOGIN_FAILED,
                    ISCSI_IO_FAILED,
                    IDENTITY_DAMAGED,
                    MANIFEST_UNREADABLE,
                    DIGEST_MISMATCH,
                    CALL_LOG_FAILED,
                    VM_START_FAILED,
                    VM_CRASHED,
                    PROBE_FAILED,
                    APPLIANCE_UNREACHABLE,
                    ALREADY_ENROLLED,
                    NOT_ENROLLED,
                    AGENT_STATE_IN_USE,
                    AGENT_STATE_DAMAGED,
                    ROOT_REQUIRED,
                    UPGRADE_FAILED -> HttpStatus.INTERNAL_SERVER_ERROR;
        };
    }
}
