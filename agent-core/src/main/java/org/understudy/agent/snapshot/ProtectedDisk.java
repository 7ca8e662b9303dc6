package org.understudy.agent.snapshot;

import java.io.IOException;
import java.util.List;
import org.understudy.agent.disk.DiskReader;

/** A disk of this host that a run protects. Thread-safe. */
public interface ProtectedDisk {

    /** Its key in the protocol. */
    String key();

    /** Opens it for reading; the caller closes the reader. */
    DiskReader open() throws IOException;

    /** File systems on it that are mounted now in the agent's view, in the order of mounting. */
    List<FileSystemMount> mounts() throws IOException;

    /**
     * Whether the kernel says that something uses the disk: a mount, also one that the agent cannot see, swap, or a device
     * stacked on top.
     */
    boolean inUse() throws IOException;
}
