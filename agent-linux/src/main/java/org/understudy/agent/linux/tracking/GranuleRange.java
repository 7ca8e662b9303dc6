package org.understudy.agent.linux.tracking;

import java.util.Optional;

/**
 * Granules of a device, both ends included.
 */
record GranuleRange(long first, long last) {

    /**
     * What a bio writes, as {@link MarkLoop} has it: of a partition only what lies in it, from its start on.
     *
     * @param sector first sector of the whole disk
     * @param sectorShift sectors of a granule as a power of two
     * @return nothing if it is empty or beside the partition
     */
    static Optional<GranuleRange> of(TrackedDevice device, long sector, long bytes, int sectorShift) {
        long sectors = bytes / Granularity.SECTOR_BYTES;
        if (sectors == 0) {
            return Optional.empty();
        }
        long first = sector;
        long last = sector + sectors - 1;
        if (device.partition()) {
            first = Math.max(first - device.startSector(), 0);
            last = Math.min(last - device.startSector(), device.sectors() - 1);
            if (first > last) {
                return Optional.empty();
            }
        }
        return Optional.of(new GranuleRange(first >> sectorShift, last >> sectorShift));
    }
}
