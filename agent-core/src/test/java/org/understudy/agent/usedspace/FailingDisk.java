package org.understudy.agent.usedspace;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.understudy.agent.disk.DiskReader;

/** A disk with a bad area: reads that begin in it fail. */
record FailingDisk(DiskReader disk, long badFrom, long badTo) implements DiskReader {

    @Override
    public long sizeBytes() {
        return disk.sizeBytes();
    }

    @Override
    public int logicalBlockSize() {
        return disk.logicalBlockSize();
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        if (offset >= badFrom && offset < badTo) {
            throw new IOException("medium error at " + offset);
        }
        disk.read(offset, target);
    }

    @Override
    public void close() throws IOException {
        disk.close();
    }
}
