package org.understudy.server.files;

import java.util.Optional;

/**
 * What lies in one partition of an opened point, or on a whole disk.
 *
 * @param type as {@code blkid} names it, or {@code unknown}
 * @param sizeBytes of the partition or disk
 * @param unreadable why it is not open, in English, if it is not
 */
public record PointFileSystem(
        FileSystemId id,
        String type,
        Optional<String> label,
        Optional<String> uuid,
        long sizeBytes,
        Optional<String> unreadable) {

    public boolean isOpen() {
        return unreadable.isEmpty();
    }
}
