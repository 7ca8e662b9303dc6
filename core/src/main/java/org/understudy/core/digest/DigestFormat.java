package org.understudy.core.digest;

/**
 * The digest file of one disk at one point, version 1. All numbers are big-endian.
 *
 * <pre>
 * header   8 bytes  "USDGST01"
 *          8 bytes  size of the disk in bytes
 *          4 bytes  block size in bytes
 * runs     8 bytes  number of the first block of the run
 *          4 bytes  number of blocks n, at least 1
 *          n * 32   SHA-256 of each block
 * end      8 bytes  -1
 *         32 bytes  SHA-256 of everything before
 * </pre>
 *
 * Runs ascend and do not overlap; blocks in no run are zero. The last block of a disk may be short; its digest covers the
 * bytes that exist.
 */
final class DigestFormat {

    static final long MAGIC = 0x5553_4447_5354_3031L;
    static final long END = -1;
    static final int MAX_RUN = 4096;

    private DigestFormat() {}
}
