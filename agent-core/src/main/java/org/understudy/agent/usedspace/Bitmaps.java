package org.understudy.agent.usedspace;

import java.nio.ByteBuffer;

/** Turns allocation bitmaps (bit 0 of byte 0 first, set means in use) into extents. Stateless. */
final class Bitmaps {

    /** Space of a partition after its file system that is read; more is nobody's. */
    private static final long TAIL_BYTES = 1L << 20;

    private Bitmaps() {}

    /**
     * Adds the set bits among the first {@code bits}.
     *
     * @param base byte address of what bit 0 stands for
     * @param unit bytes that a bit stands for
     * @return number of bits set
     */
    static long addSet(ByteBuffer bitmap, int bits, long base, long unit, ExtentCollector used) {
        long set = 0;
        int runStart = -1;
        int i = 0;
        while (i < bits) {
            int value = bitmap.get(i >> 3) & 0xff;
            if ((i & 7) == 0 && bits - i >= 8 && (value == 0 || value == 0xff)) {
                if (value == 0) {
                    set += close(runStart, i, base, unit, used);
                    runStart = -1;
                } else if (runStart < 0) {
                    runStart = i;
                }
                i += 8;
                continue;
            }
            boolean inUse = (value >> (i & 7) & 1) != 0;
            if (inUse && runStart < 0) {
                runStart = i;
            } else if (!inUse && runStart >= 0) {
                set += close(runStart, i, base, unit, used);
                runStart = -1;
            }
            i++;
        }
        return set + close(runStart, bits, base, unit, used);
    }

    private static long close(int start, int end, long base, long unit, ExtentCollector used) {
        if (start < 0) {
            return 0;
        }
        used.add(base + start * unit, base + end * unit);
        return (long) end - start;
    }

    /** Adds what lies after a file system in its partition: backup boot sectors, labels, remains of rounding. */
    static void addTail(long fileSystemEnd, long volumeEnd, ExtentCollector used) {
        used.add(Math.max(fileSystemEnd, volumeEnd - TAIL_BYTES), volumeEnd);
    }
}
