package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Gives space of a file back to its file system. Java has no call for it, so whoever can reach {@code fallocate(2)} or
 * {@code BLKDISCARD} gives an adapter to {@link FileBlockDevice}. Must be thread-safe.
 */
@FunctionalInterface
public interface HolePuncher {

    /**
     * Makes the range read as zeros, freeing its space if possible. The file does not change its size.
     *
     * @param file the path under which the device was opened
     * @param channel the open, writable file
     * @param offset first byte
     * @param length number of bytes, at least 1
     */
    void punch(Path file, FileChannel channel, long offset, long length) throws IOException;

    /** Writes zeros: always right, frees nothing. */
    static HolePuncher writingZeros() {
        return new ZeroWriter();
    }
}
