package org.understudy.server.files;

import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * A name in a folder, and what it stands for.
 *
 * @param sizeBytes of a file; 0 for everything else
 * @param modified as the file system says, which may be any time at all
 * @param linkTarget of a symbolic link, in the text form of names; empty if it cannot be read
 */
public record FileEntry(
        FileName name,
        Kind kind,
        long sizeBytes,
        Instant modified,
        Set<PosixFilePermission> permissions,
        Optional<String> linkTarget) {

    /** What is behind a name. */
    public enum Kind {
        FILE,
        FOLDER,
        LINK,
        /** A device, FIFO or socket: listed, never opened. */
        SPECIAL
    }

    public FileEntry {
        permissions = Set.copyOf(permissions);
    }
}
