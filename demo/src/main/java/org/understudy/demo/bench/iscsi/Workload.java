package org.understudy.demo.bench.iscsi;

/**
 * What a driver asks of a target.
 *
 * @param name as in the report
 * @param write writes, else reads
 * @param blockBytes bytes of a request
 * @param depth requests in flight
 * @param requests number of requests in a round
 * @param scattered whether the offsets jump over the whole disk, else they ascend
 */
public record Workload(String name, boolean write, int blockBytes, int depth, int requests, boolean scattered) {

    private static final double GOLDEN_RATIO = 0.6180339887;

    /**
     * Bytes from one request to the next. A scattered walk steps by an odd number of blocks near the golden ratio of the disk, so
     * that it visits each block of a disk of 2^n blocks once before any twice, never near its last ones: random for the
     * target's caches and read-ahead, and the same for every driver.
     */
    long step(long diskBytes) {
        if (!scattered) {
            return blockBytes;
        }
        long blocks = diskBytes / blockBytes;
        return ((long) (blocks * GOLDEN_RATIO) | 1) * blockBytes;
    }

    long bytes() {
        return (long) blockBytes * requests;
    }

    Workload withRequests(int number) {
        return new Workload(name, write, blockBytes, depth, number, scattered);
    }
}
