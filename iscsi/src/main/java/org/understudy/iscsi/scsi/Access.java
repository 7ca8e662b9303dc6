package org.understudy.iscsi.scsi;

/** What a command does, as far as reservations care (SPC-4 table 71, SBC-3 table 13). */
enum Access {
    /** Runs whatever is reserved. */
    FREE,
    /** Reads the medium: conflicts with exclusive access. */
    READ,
    /** Changes the medium or the unit: conflicts with write exclusive and exclusive access. */
    WRITE,
    /** Persistent reserve commands check for themselves. */
    SELF_CHECKING
}
