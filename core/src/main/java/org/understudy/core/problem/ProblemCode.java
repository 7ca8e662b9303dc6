package org.understudy.core.problem;

/**
 * Every failure that the product explains to people. The texts live in {@code org/understudy/core/problem/problems*.properties}
 * under {@code <CODE>.summary}, {@code <CODE>.cause} and {@code <CODE>.remedy}; a test holds all languages complete. A code is
 * part of the API and of the agent protocol: it may be added, never renamed.
 */
public enum ProblemCode {
    INTERNAL(FaultClass.PERMANENT),
    INVALID_REQUEST(FaultClass.PERMANENT),
    NOT_FOUND(FaultClass.PERMANENT),
    CONFLICT(FaultClass.PERMANENT),
    INVALID_SETTING(FaultClass.OPERATOR),
    DATA_DIRECTORY_IN_USE(FaultClass.OPERATOR),
    DATABASE_UNAVAILABLE(FaultClass.OPERATOR),
    COMMAND_MISSING(FaultClass.OPERATOR),
    COMMAND_FAILED(FaultClass.PERMANENT),
    COMMAND_STALLED(FaultClass.TRANSIENT),
    CANCELLED(FaultClass.PERMANENT),

    AGENT_OFFLINE(FaultClass.TRANSIENT),
    AGENT_TIMEOUT(FaultClass.TRANSIENT),
    AGENT_CONNECTION_LOST(FaultClass.TRANSIENT),
    PROTOCOL_VERSION(FaultClass.OPERATOR),
    PROTOCOL_VIOLATION(FaultClass.PERMANENT),
    TOKEN_INVALID(FaultClass.OPERATOR),
    TOKEN_EXPIRED(FaultClass.OPERATOR),
    TOKEN_USED(FaultClass.OPERATOR),
    ENROLMENT_LOCKED(FaultClass.TRANSIENT),
    FINGERPRINT_MISMATCH(FaultClass.OPERATOR),
    CERTIFICATE_REFUSED(FaultClass.OPERATOR),
    FOREIGN_HOST(FaultClass.PERMANENT),
    APPLIANCE_UNREACHABLE(FaultClass.TRANSIENT),
    ALREADY_ENROLLED(FaultClass.OPERATOR),
    NOT_ENROLLED(FaultClass.OPERATOR),
    AGENT_STATE_IN_USE(FaultClass.OPERATOR),
    AGENT_STATE_DAMAGED(FaultClass.OPERATOR),
    ROOT_REQUIRED(FaultClass.OPERATOR),
    UPGRADE_REFUSED(FaultClass.OPERATOR),
    UPGRADE_FAILED(FaultClass.OPERATOR),
    IDENTITY_DAMAGED(FaultClass.OPERATOR),

    DISK_NOT_FOUND(FaultClass.OPERATOR),
    NO_DISKS_SELECTED(FaultClass.OPERATOR),
    DISK_READ_FAILED(FaultClass.PERMANENT),
    FREEZE_FAILED(FaultClass.TRANSIENT),
    SCRIPT_FAILED(FaultClass.OPERATOR),
    DIGESTS_DAMAGED(FaultClass.TRANSIENT),
    RUN_UNKNOWN(FaultClass.PERMANENT),
    RUN_IN_PROGRESS(FaultClass.TRANSIENT),
    RUN_INTERRUPTED(FaultClass.TRANSIENT),
    RUN_LIMIT_REACHED(FaultClass.OPERATOR),

    ISCSI_LOGIN_REFUSED(FaultClass.PERMANENT),
    EXPORT_OF_ANOTHER_HOST(FaultClass.OPERATOR),
    EXPORT_CREDENTIALS_WRONG(FaultClass.OPERATOR),
    EXPORT_LOGIN_FAILED(FaultClass.OPERATOR),
    ISCSI_CONNECTION_LOST(FaultClass.TRANSIENT),
    ISCSI_IO_FAILED(FaultClass.PERMANENT),

    POOL_UNAVAILABLE(FaultClass.OPERATOR),
    POOL_FULL(FaultClass.OPERATOR),
    VOLUME_NOT_FOUND(FaultClass.PERMANENT),
    POINT_NOT_FOUND(FaultClass.PERMANENT),
    POINT_HELD(FaultClass.OPERATOR),
    POINT_LOCKED(FaultClass.OPERATOR),
    POINT_SUSPECT(FaultClass.OPERATOR),
    MANIFEST_UNREADABLE(FaultClass.OPERATOR),
    DIGEST_MISMATCH(FaultClass.OPERATOR),

    FILES_QUICK_PATH_OFF(FaultClass.OPERATOR),
    FILES_LIMIT_REACHED(FaultClass.OPERATOR),
    FILES_NOT_OPEN(FaultClass.OPERATOR),
    FILES_BUSY(FaultClass.TRANSIENT),
    FILES_UNREADABLE(FaultClass.PERMANENT),
    FILES_TOO_MANY(FaultClass.PERMANENT),

    LOCK_ONLY_LONGER(FaultClass.PERMANENT),
    CLOCK_NOT_TRUSTED(FaultClass.OPERATOR),
    PRIVILEGES_UNAVAILABLE(FaultClass.TRANSIENT),
    CALL_LOG_FAILED(FaultClass.OPERATOR),

    HYPERVISOR_UNAVAILABLE(FaultClass.TRANSIENT),
    VM_START_FAILED(FaultClass.PERMANENT),
    NOT_ENOUGH_MEMORY(FaultClass.OPERATOR),
    MEMORY_TAKEN(FaultClass.OPERATOR),
    CPUS_TAKEN(FaultClass.OPERATOR),
    VM_CRASHED(FaultClass.OPERATOR),
    TAKEOVER_EXISTS(FaultClass.OPERATOR),
    TAKEOVER_INTERRUPTED(FaultClass.TRANSIENT),
    PROBE_FAILED(FaultClass.PERMANENT),
    CAPABILITY_MISSING(FaultClass.PERMANENT),

    SETUP_REQUIRED(FaultClass.OPERATOR),
    SETUP_DONE(FaultClass.PERMANENT),
    SETUP_CODE_WRONG(FaultClass.OPERATOR),
    USER_NAME_INVALID(FaultClass.OPERATOR),
    PASSWORD_TOO_SHORT(FaultClass.OPERATOR),
    PASSWORD_TOO_EASY(FaultClass.OPERATOR),
    LOGIN_REQUIRED(FaultClass.OPERATOR),
    LOGIN_REFUSED(FaultClass.OPERATOR),
    LOGIN_LOCKED(FaultClass.TRANSIENT),
    ACCESS_DENIED(FaultClass.OPERATOR);

    private final FaultClass faultClass;

    ProblemCode(FaultClass faultClass) {
        this.faultClass = faultClass;
    }

    public FaultClass faultClass() {
        return faultClass;
    }
}
