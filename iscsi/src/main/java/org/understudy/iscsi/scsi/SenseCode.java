package org.understudy.iscsi.scsi;

/** Additional sense codes with qualifier, {@code ASC << 8 | ASCQ} (SPC-4 annex F). */
public final class SenseCode {

    public static final int NONE = 0x0000;
    public static final int WRITE_ERROR = 0x0c00;
    public static final int COPY_TARGET_NOT_REACHABLE = 0x0d02;
    public static final int UNEXPECTED_UNSOLICITED_DATA = 0x0c0c;
    public static final int NOT_ENOUGH_UNSOLICITED_DATA = 0x0c0d;
    public static final int UNRECOVERED_READ_ERROR = 0x1100;
    public static final int PARAMETER_LIST_LENGTH_ERROR = 0x1a00;
    public static final int MISCOMPARE_DURING_VERIFY = 0x1d00;
    public static final int INVALID_OPERATION_CODE = 0x2000;
    public static final int LBA_OUT_OF_RANGE = 0x2100;
    public static final int INVALID_FIELD_IN_CDB = 0x2400;
    public static final int LOGICAL_UNIT_NOT_SUPPORTED = 0x2500;
    public static final int INVALID_FIELD_IN_PARAMETER_LIST = 0x2600;
    public static final int INVALID_RELEASE = 0x2604;
    public static final int TOO_MANY_TARGET_DESCRIPTORS = 0x2606;
    public static final int UNSUPPORTED_TARGET_DESCRIPTOR = 0x2607;
    public static final int TOO_MANY_SEGMENT_DESCRIPTORS = 0x2608;
    public static final int UNSUPPORTED_SEGMENT_DESCRIPTOR = 0x2609;
    public static final int WRITE_PROTECTED = 0x2700;
    public static final int SOFTWARE_WRITE_PROTECTED = 0x2702;
    public static final int SPACE_ALLOCATION_FAILED = 0x2707;
    public static final int MEDIUM_MAY_HAVE_CHANGED = 0x2800;
    public static final int POWER_ON_RESET = 0x2900;
    public static final int LUN_RESET = 0x2903;
    public static final int NEXUS_LOSS = 0x2907;
    public static final int MODE_PARAMETERS_CHANGED = 0x2a01;
    public static final int RESERVATIONS_PREEMPTED = 0x2a03;
    public static final int RESERVATIONS_RELEASED = 0x2a04;
    public static final int REGISTRATIONS_PREEMPTED = 0x2a05;
    public static final int CAPACITY_CHANGED = 0x2a09;
    public static final int COMMANDS_CLEARED_BY_OTHER = 0x2f00;
    public static final int SAVING_NOT_SUPPORTED = 0x3900;
    public static final int MEDIUM_NOT_PRESENT = 0x3a00;
    public static final int REPORTED_LUNS_CHANGED = 0x3f0e;
    public static final int INTERNAL_TARGET_FAILURE = 0x4400;
    public static final int PROTOCOL_SERVICE_CRC_ERROR = 0x4705;
    public static final int DATA_PHASE_ERROR = 0x4b00;
    public static final int MEDIUM_REMOVAL_PREVENTED = 0x5302;
    public static final int INSUFFICIENT_REGISTRATION_RESOURCES = 0x5504;

    private SenseCode() {}
}
