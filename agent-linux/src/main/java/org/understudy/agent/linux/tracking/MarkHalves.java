package org.understudy.agent.linux.tracking;

import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/**
 * The two arrays of marks. Programs write the current one; user space reads, adds to and clears the other, when no program holds it any
 * more. Guarded by the tracker's lock.
 */
final class MarkHalves {

    private final ByteBuffer marks;
    private final MarkForm form;
    private final long fine;

    /**
     * @param fine fine marks of a half, behind which are the coarse ones
     */
    MarkHalves(ByteBuffer marks, MarkForm form, long fine) {
        this.marks = marks;
        this.form = form;
        this.fine = fine;
    }

    /** Adds fine marks to the half that begins at {@code half}. */
    void add(long half, long firstGranule, long lastGranule) {
        long last = Math.min(lastGranule, fine - 1);
        long granule = firstGranule;
        while (granule <= last) {
            if (form == MarkForm.BYTES) {
                marks.put((int) (half + granule), (byte) 1);
                granule++;
            } else {
                long end = Math.min(granule | (Long.SIZE - 1), last);
                int at = (int) ((half + granule) / Long.SIZE * Long.BYTES);
                long mask = (-1L << granule) & (-1L >>> (Long.SIZE - 1 - end));
                marks.putLong(at, marks.getLong(at) | mask);
                granule = end + 1;
            }
        }
    }

    /** Moves all marks of the half that begins at {@code half} into the ledgers, and tells its granules in ascending order. */
    void move(long half, Ledgers ledgers, LongConsumer granules) {
        long coarse = 0;
        for (long word = 0; word < fine / Long.SIZE; word++) {
            if (word % Long.SIZE == 0) {
                coarse = take(half + fine + word);
            }
            long found = take(half + word * Long.SIZE);
            if ((coarse >>> word & 1) != 0) {
                found = -1;
            }
            if (found != 0) {
                ledgers.add(word, found);
                Ledgers.forEachBit(found, word * Long.SIZE, granules);
            }
        }
    }

    /** Reads and clears the 64 marks from this one on. Nobody else writes a half that is not current. */
    private long take(long first) {
        if (form == MarkForm.BITS) {
            int at = (int) (first / Byte.SIZE);
            long word = marks.getLong(at);
            if (word != 0) {
                marks.putLong(at, 0);
            }
            return word;
        }
        long word = 0;
        for (int eight = 0; eight < Long.SIZE; eight += Long.BYTES) {
            int at = (int) first + eight;
            if (marks.getLong(at) != 0) {
                for (int i = 0; i < Long.BYTES; i++) {
                    word |= marks.get(at + i) != 0 ? 1L << (eight + i) : 0;
                }
                marks.putLong(at, 0);
            }
        }
        return word;
    }
}
