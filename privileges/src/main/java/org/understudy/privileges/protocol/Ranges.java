package org.understudy.privileges.protocol;

/** Bounds of the numbers in requests. */
final class Ranges {

    private static final int MAX_GENERATION = 1_000_000_000;
    private static final int MAX_DISK = 255;
    private static final long MAX_VOLUME = 1L << 50;

    /** The year 9999: what all formats of dates can show. */
    private static final long MAX_SECONDS = 253_402_300_799L;

    private Ranges() {}

    static void generation(int generation) {
        require(generation >= 1 && generation <= MAX_GENERATION, "generation", generation);
    }

    static void disk(int disk) {
        require(disk >= 0 && disk <= MAX_DISK, "disk", disk);
    }

    static void volume(long bytes, int blockBytes) {
        require(
                blockBytes >= 4 << 10 && blockBytes <= 128 << 10 && Integer.bitCount(blockBytes) == 1,
                "block",
                blockBytes);
        require(bytes > 0 && bytes <= MAX_VOLUME && bytes % blockBytes == 0, "volume", bytes);
    }

    static void seconds(long seconds) {
        require(seconds >= 0 && seconds <= MAX_SECONDS, "time", seconds);
    }

    private static void require(boolean within, String what, long value) {
        if (!within) {
            throw new IllegalArgumentException(what + " out of range: " + value);
        }
    }
}
