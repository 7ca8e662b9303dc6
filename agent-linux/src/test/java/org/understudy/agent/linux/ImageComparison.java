package org.understudy.agent.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Two images of one disk beside each other.
 *
 * @param units numbers of the units of 4 KiB that differ
 * @param leastBytes what has to be sent at the least where blocks of 64 KiB are compared by digest: of every block that differs all units of
 *     the newer image that are not zero
 */
record ImageComparison(BitSet units, long leastBytes) {

    private static final int UNIT = FrozenTruth.UNIT;
    private static final int BLOCK = 64 << 10;
    private static final int PIECE = 1 << 20;
    private static final byte[] ZEROS = new byte[UNIT];

    static ImageComparison of(Path newer, Path older) throws IOException {
        BitSet units = new BitSet();
        long least = 0;
        byte[] now = new byte[PIECE];
        byte[] before = new byte[PIECE];
        try (RandomAccessFile one = new RandomAccessFile(newer.toFile(), "r");
                RandomAccessFile other = new RandomAccessFile(older.toFile(), "r")) {
            if (one.length() != other.length()) {
                throw new IOException(newer + " has " + one.length() + " bytes, " + older + " " + other.length());
            }
            // Two holes are equal; reading them would take minutes under emulation.
            BitSet filled = DataRanges.pieces(newer, PIECE);
            filled.or(DataRanges.pieces(older, PIECE));
            for (int piece = filled.nextSetBit(0); piece >= 0; piece = filled.nextSetBit(piece + 1)) {
                long at = (long) piece * PIECE;
                one.seek(at);
                other.seek(at);
                int length = (int) Math.min(PIECE, one.length() - at);
                one.readFully(now, 0, length);
                other.readFully(before, 0, length);
                if (Arrays.equals(now, 0, length, before, 0, length)) {
                    continue;
                }
                for (int start = 0; start < length; start += BLOCK) {
                    int end = Math.min(length, start + BLOCK);
                    if (!Arrays.equals(now, start, end, before, start, end)) {
                        least += block(now, before, start, end, (int) (at / UNIT), units);
                    }
                }
            }
        }
        return new ImageComparison(units, least);
    }

    /** Bytes that differ, in whole units. */
    long bytes() {
        return (long) units.cardinality() * UNIT;
    }

    private static long block(byte[] now, byte[] before, int start, int end, int firstUnit, BitSet units) {
        long filled = 0;
        for (int at = start; at < end; at += UNIT) {
            int to = Math.min(end, at + UNIT);
            if (!Arrays.equals(now, at, to, before, at, to)) {
                units.set(firstUnit + at / UNIT);
            }
            if (!Arrays.equals(now, at, to, ZEROS, 0, to - at)) {
                filled += to - at;
            }
        }
        return filled;
    }
}
