package org.understudy.iscsi.scsi;

/**
 * A supported command.
 *
 * @param opcode operation code
 * @param serviceAction service action, or {@link #NO_SERVICE_ACTION}
 * @param usage CDB usage data: a one for every bit that is looked at; the length is that of the CDB
 * @param access what it does to the medium
 * @param handler checks the CDB and plans
 */
record Operation(int opcode, int serviceAction, byte[] usage, Access access, Handler handler) {

    static final int NO_SERVICE_ACTION = -1;

    boolean hasServiceAction() {
        return serviceAction != NO_SERVICE_ACTION;
    }

    /** Checks a command and says how to carry it out. Must not block. */
    @FunctionalInterface
    interface Handler {
        Plan plan(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition;
    }
}
