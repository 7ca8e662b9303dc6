package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Knows which parts of a file take up space. Java has no call for it, so whoever can reach {@code lseek(2)} with SEEK_HOLE, or a
 * program that does, gives an adapter to {@link FileBlockDevice}. Must be thread-safe. May be slow: it is asked for GET LBA
 * STATUS only, and the answer is kept until the device is written to.
 */
@FunctionalInterface
public interface HoleMap {

    /**
     * @param hole reads as zeros and takes up no space
     * @param offset first byte
     * @param length number of bytes, at least 1
     */
    record Range(boolean hole, long offset, long length) {}

    /**
     * The ranges of a file from {@code offset} on, adjoining and in order, covering at least the first byte and nothing past
     * {@code offset + length}. Empty means not known, which counts as no hole.
     */
    List<Range> ranges(Path file, long offset, long length) throws IOException;

    /** Knows nothing. */
    static HoleMap unknown() {
        return (file, offset, length) -> List.of();
    }
}
