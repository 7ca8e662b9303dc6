package org.understudy.agent.linux.tracking;

import java.util.OptionalInt;

/**
 * Sizes of a tracker's maps, in granules. A half holds the fine marks and behind them the coarse ones, each for 64 granules; both are
 * whole pages in either form.
 *
 * @param sectorShift sectors of a granule as a power of two
 * @param fine fine marks of a half, rounded up
 * @param coarse coarse marks of a half, rounded up
 */
record MapShape(int sectorShift, long fine, long coarse, MarkForm form) {

    /** Granules that one coarse mark stands for: a word of fine ones. */
    static final int COARSE_GRANULES = 64;

    private static final long ROUND = 1L << 15;
    private static final long MOST_BYTES = 1L << 30;

    static MapShape of(TrackedDevice device, Granularity granularity, MarkForm form) throws TrackingException {
        int shift = granularity.sectorShift();
        long granules = (device.sectors() + (1L << shift) - 1) >> shift;
        long fine = (granules + ROUND - 1) / ROUND * ROUND;
        long coarse = (fine / COARSE_GRANULES + ROUND - 1) / ROUND * ROUND;
        MapShape shape = new MapShape(shift, fine, coarse, form);
        if (shape.markBytes() > MOST_BYTES) {
            throw TrackingException.unavailable(
                    device.name(),
                    "its marks at a granularity of " + granularity.bytes() + " bytes would take "
                            + (shape.markBytes() >> 20) + " MiB of memory",
                    "Choose a coarser one with --granularity.");
        }
        OptionalInt finest = form.finestGranule();
        if (finest.isPresent() && granularity.bytes() < finest.getAsInt()) {
            throw TrackingException.unavailable(
                    device.name(),
                    "this kernel has no atomic OR for eBPF, so that " + finest.getAsInt() + " bytes are the finest",
                    "Choose a coarser granularity with --granularity.");
        }
        return shape;
    }

    long half() {
        return fine + coarse;
    }

    /** Bytes of the map of marks, both halves. */
    long markBytes() {
        return form.bytesFor(2 * half());
    }

    /** Bytes of one ledger: a bit for each fine granule. */
    long ledgerBytes() {
        return fine / Byte.SIZE;
    }
}
