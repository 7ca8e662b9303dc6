package org.understudy.iscsi.scsi;

import org.jspecify.annotations.Nullable;

/**
 * How a command ended.
 *
 * @param status a {@link ScsiStatus}
 * @param sense with CHECK CONDITION only
 * @param data data for the initiator, already cut to the allocation length; empty if none
 */
public record Outcome(int status, @Nullable Sense sense, byte[] data) {

    private static final byte[] NO_DATA = new byte[0];

    public static final Outcome GOOD = new Outcome(ScsiStatus.GOOD, null, NO_DATA);

    public static Outcome good(byte[] data) {
        return new Outcome(ScsiStatus.GOOD, null, data);
    }

    public static Outcome check(Sense sense) {
        return new Outcome(ScsiStatus.CHECK_CONDITION, sense, NO_DATA);
    }

    public static Outcome check(int key, int code) {
        return check(Sense.of(key, code));
    }

    public static Outcome status(int status) {
        return new Outcome(status, null, NO_DATA);
    }
}
