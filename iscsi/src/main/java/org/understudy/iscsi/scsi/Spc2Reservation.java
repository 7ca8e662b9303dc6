package org.understudy.iscsi.scsi;

import org.jspecify.annotations.Nullable;

/** RESERVE(6) and RELEASE(6) of SPC-2, which some clusters and test suites still use. Thread-safe. */
final class Spc2Reservation {

    private @Nullable Nexus holder;

    static Plan reserve(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        if (cdb.bit(1, 0x1f) || unit.persistentReservations().hasRegistrations()) {
            throw cdb.bit(1, 0x1f) ? CheckCondition.invalidField() : CheckCondition.reservationConflict();
        }
        if (!unit.reservation().take(nexus)) {
            throw CheckCondition.reservationConflict();
        }
        return new Plan.Answer(Outcome.GOOD);
    }

    static Plan release(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        if (unit.persistentReservations().hasRegistrations()) {
            throw CheckCondition.reservationConflict();
        }
        // A release by anybody else than the holder is GOOD and changes nothing (SPC-2 section 7.19).
        unit.reservation().releaseAll(nexus);
        return new Plan.Answer(Outcome.GOOD);
    }

    private synchronized boolean take(Nexus nexus) {
        if (holder != null && !holder.equals(nexus)) {
            return false;
        }
        holder = nexus;
        return true;
    }

    synchronized void releaseAll(Nexus nexus) {
        if (nexus.equals(holder)) {
            holder = null;
        }
    }

    synchronized void clear() {
        holder = null;
    }

    synchronized boolean isHeldBy(Nexus nexus) {
        return nexus.equals(holder);
    }

    synchronized boolean isHeld() {
        return holder != null;
    }

    /** INQUIRY, REPORT LUNS, REQUEST SENSE and RELEASE get through; everything else only for the holder. */
    synchronized boolean allows(Nexus nexus, Cdb cdb, Access access) {
        if (holder == null || holder.equals(nexus)) {
            return true;
        }
        return switch (cdb.opcode()) {
            case 0x12, 0xa0, 0x03, 0x17 -> true;
            default -> false;
        };
    }
}
