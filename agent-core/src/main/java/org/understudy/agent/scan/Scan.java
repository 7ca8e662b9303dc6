package org.understudy.agent.scan;

import java.util.function.LongConsumer;
import org.understudy.agent.disk.DiskReader;
import org.understudy.core.extent.ExtentSet;

/**
 * One reading of a disk.
 *
 * @param disk key of the disk, for messages
 * @param reader where to read; the scan does not close it
 * @param used which bytes count; all others are zero
 * @param blockSize bytes of a block
 * @param read told the bytes of each window as it has been dealt with
 * @param guard called between windows; ends the scan by what it throws
 */
public record Scan(String disk, DiskReader reader, ExtentSet used, int blockSize, LongConsumer read, Runnable guard) {

    public Scan {
        if (blockSize < 512 || blockSize > Window.MAX_BYTES || Integer.bitCount(blockSize) != 1) {
            throw new IllegalArgumentException("block size " + blockSize + " is not a power of two up to 1 MiB");
        }
    }
}
