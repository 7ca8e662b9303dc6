package org.understudy.iscsi.scsi;

/** Ends a command with an outcome other than GOOD, from any depth of the SCSI layer. Carries no stack trace: it is no bug. */
public final class CheckCondition extends Exception {

    private static final long serialVersionUID = 1;

    private final transient Outcome outcome;

    CheckCondition(Outcome outcome) {
        super(String.valueOf(outcome.sense()), null, false, false);
        this.outcome = outcome;
    }

    static CheckCondition of(int key, int code) {
        return new CheckCondition(Outcome.check(key, code));
    }

    static CheckCondition illegal(int code) {
        return of(Sense.ILLEGAL_REQUEST, code);
    }

    static CheckCondition invalidField() {
        return illegal(SenseCode.INVALID_FIELD_IN_CDB);
    }

    static CheckCondition reservationConflict() {
        return new CheckCondition(Outcome.status(ScsiStatus.RESERVATION_CONFLICT));
    }

    public Outcome outcome() {
        return outcome;
    }
}
