package org.understudy.agent.usedspace;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Tells whether an XFS log ends with the record of a clean unmount ({@code fs/xfs/xfs_log_recover.c}). Anything unclear counts as
 * not clean.
 */
final class XfsLog {

    private static final int RECORD_MAGIC = 0xfeedbabe;
    private static final int UNMOUNT = 0x20;
    private static final int SECTOR = 512;
    /** A record's largest size: 256 KiB of data, rounded up to the largest stripe unit, and its headers. */
    private static final int MAX_RECORD_SECTORS = 2 * 512 + 16;

    private final Volume volume;
    private final long start;
    private final long sectors;

    /**
     * @param start byte address of the log
     * @param sectors its length in units of 512 bytes
     */
    XfsLog(Volume volume, long start, long sectors) {
        this.volume = volume;
        this.start = start;
        this.sectors = sectors;
    }

    boolean isClean() throws IOException, UnmappableException {
        long first = cycle(0);
        long last = cycle(sectors - 1);
        long head;
        if (first == 0) {
            return false;
        } else if (first == last) {
            head = sectors;
        } else if (last == 0 || last == first - 1) {
            head = firstWithCycle(last);
        } else {
            return false;
        }
        for (long back = 1; back <= Math.min(MAX_RECORD_SECTORS, sectors); back++) {
            long at = (head - back + sectors) % sectors;
            ByteBuffer sector = sector(at);
            if (sector.getInt(0) == RECORD_MAGIC) {
                return isUnmount(at, sector, head % sectors);
            }
        }
        return false;
    }

    /** The first sector of the older round, which the search finds since cycles only fall once. */
    private long firstWithCycle(long older) throws IOException, UnmappableException {
        long low = 0;
        long high = sectors - 1;
        while (high - low > 1) {
            long middle = (low + high) >>> 1;
            if (cycle(middle) == older) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return high;
    }

    private boolean isUnmount(long at, ByteBuffer header, long head) throws IOException, UnmappableException {
        long dataBytes = Integer.toUnsignedLong(header.getInt(12));
        long sizeBytes = Integer.toUnsignedLong(header.getInt(320));
        boolean second = (header.getInt(8) & 2) != 0;
        long headers = second && sizeBytes > 32768 ? Math.min(16, (sizeBytes + 32767) / 32768) : 1;
        long after = (at + headers + (dataBytes + SECTOR - 1) / SECTOR) % sectors;
        if (after != head || header.getInt(40) != 1) {
            return false;
        }
        return (sector((at + headers) % sectors).get(9) & UNMOUNT) != 0;
    }

    private long cycle(long at) throws IOException, UnmappableException {
        ByteBuffer sector = sector(at);
        int word = sector.getInt(0) == RECORD_MAGIC ? sector.getInt(4) : sector.getInt(0);
        return Integer.toUnsignedLong(word);
    }

    private ByteBuffer sector(long at) throws IOException, UnmappableException {
        return volume.read(start + at * SECTOR, SECTOR, "the log");
    }
}
