package org.understudy.agent.usedspace;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.understudy.agent.disk.DiskReader;

/** A disk image in a file. */
final class ImageFile implements DiskReader {

    private final FileChannel channel;
    private final long sizeBytes;

    ImageFile(Path file) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.READ);
        sizeBytes = channel.size();
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int logicalBlockSize() {
        return 512;
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        long at = offset;
        while (target.hasRemaining()) {
            int count = channel.read(target, at);
            if (count < 0) {
                throw new EOFException("end of the image at " + at);
            }
            at += count;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
