package org.understudy.iscsi.scsi;

/** TEST UNIT READY, START STOP UNIT and PREVENT ALLOW MEDIUM REMOVAL (SPC-4 section 6.17, SBC-3 section 5.25). */
final class MediumCommands {

    private MediumCommands() {}

    static Plan testUnitReady(LogicalUnit unit, Nexus nexus, Cdb cdb) {
        return new Plan.Answer(Outcome.GOOD);
    }

    static Plan preventAllow(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        if (!unit.medium().removable()) {
            throw CheckCondition.illegal(SenseCode.INVALID_OPERATION_CODE);
        }
        unit.medium().prevent(nexus, cdb.bit(4, 0x01));
        return new Plan.Answer(Outcome.GOOD);
    }

    static Plan startStop(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        boolean start = cdb.bit(4, 0x01);
        boolean loadOrEject = cdb.bit(4, 0x02);
        boolean noFlush = cdb.bit(4, 0x04);
        boolean powerCondition = (cdb.u8(4) & 0xf0) != 0;
        boolean moves = loadOrEject && !powerCondition;
        if (moves && !unit.medium().removable()) {
            throw CheckCondition.invalidField();
        }
        if (moves && unit.medium().removalPrevented()) {
            throw CheckCondition.illegal(SenseCode.MEDIUM_REMOVAL_PREVENTED);
        }
        return new Plan.Work(() -> {
            if (!noFlush) {
                unit.device().flush();
            }
            if (moves && unit.medium().setPresent(start) && start) {
                unit.attentions().raise(SenseCode.MEDIUM_MAY_HAVE_CHANGED, other -> !other.equals(nexus));
            }
            return Outcome.GOOD;
        });
    }
}
