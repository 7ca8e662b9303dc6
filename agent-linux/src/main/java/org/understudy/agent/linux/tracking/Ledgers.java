package org.understudy.agent.linux.tracking;

import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/** Bitmaps of granules that only user space writes: what was drained, for each reader of its own. Guarded by the tracker's lock. */
final class Ledgers {

    /** Whose they are. */
    enum Name {
        /** The command line's: since tracking or the shown epoch began. */
        EPOCH,
        /** The agent's: since the last confirmed point. */
        BASE,
        /** The agent's: since the instant of a point that is not confirmed yet. */
        NEXT
    }

    private final ByteBuffer memory;
    private final long words;

    /**
     * @param words 64-bit words of one ledger
     */
    Ledgers(ByteBuffer memory, long words) {
        this.memory = memory;
        this.words = words;
    }

    /** Adds 64 marks to all ledgers. */
    void add(long word, long marks) {
        for (Name name : Name.values()) {
            int at = at(name, word);
            long before = memory.getLong(at);
            if ((before | marks) != before) {
                memory.putLong(at, before | marks);
            }
        }
    }

    void clear(Name name) {
        for (long word = 0; word < words; word++) {
            int at = at(name, word);
            if (memory.getLong(at) != 0) {
                memory.putLong(at, 0);
            }
        }
    }

    void copy(Name from, Name to) {
        for (long word = 0; word < words; word++) {
            long marks = memory.getLong(at(from, word));
            int at = at(to, word);
            if (memory.getLong(at) != marks) {
                memory.putLong(at, marks);
            }
        }
    }

    /** Tells every marked granule in ascending order. */
    void forEach(Name name, LongConsumer granule) {
        for (long word = 0; word < words; word++) {
            forEachBit(memory.getLong(at(name, word)), word * Long.SIZE, granule);
        }
    }

    static void forEachBit(long marks, long first, LongConsumer granule) {
        long rest = marks;
        while (rest != 0) {
            granule.accept(first + Long.numberOfTrailingZeros(rest));
            rest &= rest - 1;
        }
    }

    private int at(Name name, long word) {
        return (int) ((name.ordinal() * words + word) * Long.BYTES);
    }
}
