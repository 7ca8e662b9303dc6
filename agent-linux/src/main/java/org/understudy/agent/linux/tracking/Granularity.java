package org.understudy.agent.linux.tracking;

import java.util.Locale;

/**
 * Bytes that one mark stands for.
 *
 * @param bytes a power of two from 4 KiB to 1 MiB
 */
public record Granularity(int bytes) {

    public static final Granularity DEFAULT = new Granularity(64 << 10);
    static final int SECTOR_BYTES = 512;

    public Granularity {
        if (bytes < 4096 || bytes > 1 << 20 || Integer.bitCount(bytes) != 1) {
            throw new IllegalArgumentException("a granularity of " + bytes + " bytes");
        }
    }

    /** Bytes of a tracker's maps for each granule: two halves with their coarse marks, three ledgers. */
    private static final double BYTES_FOR_EACH = (2 * (1 + 1.0 / 64) + 3) / Byte.SIZE;

    private static final int FINEST = 4096;
    private static final long LEAST_MAPS = 4L << 20;
    private static final long MOST_MAPS = 32L << 20;
    private static final int PART_OF_MEMORY = 512;

    /**
     * The finest granularity for a device whose maps take no more than a small part of the host's memory; {@link #DEFAULT} at the coarsest.
     * Small writes then cost little to read, to hold under a freeze and to send.
     */
    static Granularity fitting(long deviceBytes, long memoryBytes) {
        double most = Math.max(LEAST_MAPS, Math.min(MOST_MAPS, memoryBytes / PART_OF_MEMORY));
        int bytes = FINEST;
        while (bytes < DEFAULT.bytes() && (double) deviceBytes / bytes * BYTES_FOR_EACH > most) {
            bytes *= 2;
        }
        return new Granularity(bytes);
    }

    /**
     * Reads {@code 65536}, {@code 64K}, {@code 1M}.
     *
     * @throws TrackingException if it is none of the sizes that there are
     */
    public static Granularity parse(String text) throws TrackingException {
        String digits = text.strip().toUpperCase(Locale.ROOT);
        int factor = 1;
        if (digits.endsWith("K") || digits.endsWith("M")) {
            factor = digits.endsWith("K") ? 1 << 10 : 1 << 20;
            digits = digits.substring(0, digits.length() - 1);
        }
        try {
            return new Granularity(Math.multiplyExact(Integer.parseInt(digits), factor));
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw TrackingException.invalid(
                    "The granularity " + text + " is not possible.",
                    "it must be a power of two from 4K to 1M",
                    "Use 64K if in doubt.");
        }
    }

    /** Sectors of a granule as a power of two. */
    int sectorShift() {
        return Integer.numberOfTrailingZeros(bytes / SECTOR_BYTES);
    }
}
