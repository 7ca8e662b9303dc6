package org.understudy.agent.scan;

import java.util.function.LongConsumer;
import org.understudy.agent.disk.DiskReader;
import org.understudy.core.extent.ExtentSet;

/**
 * One reading of a disk.
 *
 * @param disk key of the disk, for messages
 * @param reader where to read; the scan does not close it
 * @param scope which blocks are looked at, as whole blocks; all others are as the head has them
 * @param used which bytes of the scope count; all others of the scope are zero
 * @param blockSize bytes of a block
 * @param read told the bytes of each window as it has been dealt with
 * @param guard called between windows; ends the scan by what it throws
 */
public record Scan(
        String disk,
        DiskReader reader,
        ExtentSet scope,
        ExtentSet used,
        int blockSize,
        LongConsumer read,
        Runnable guard) {

    public Scan {
        if (blockSize < 512 || blockSize > Window.MAX_BYTES || Integer.bitCount(blockSize) != 1) {
            throw new IllegalArgumentException("block size " + blockSize + " is not a power of two up to 1 MiB");
        }
    }
}
