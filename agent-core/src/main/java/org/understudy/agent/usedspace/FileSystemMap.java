package org.understudy.agent.usedspace;

import java.io.IOException;
import org.understudy.agent.disk.DiskReader;

/** Finds the used space of one type of file system. Stateless. */
interface FileSystemMap {

    /**
     * Adds all bytes in use, from the start of the volume.
     *
     * @return what is worth telling although the volume could be mapped; empty if nothing
     * @throws UnmappableException if anything is doubtful; what was added until then is void
     * @throws IOException if the medium fails
     */
    String addUsed(DiskReader volume, MetadataState state, ExtentCollector used)
            throws IOException, UnmappableException;
}
