package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** The {@link HolePuncher} of last resort. */
final class ZeroWriter implements HolePuncher {

    private static final int CHUNK_BYTES = 1 << 20;
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(CHUNK_BYTES).asReadOnlyBuffer();

    @Override
    public void punch(Path file, FileChannel channel, long offset, long length) throws IOException {
        long position = offset;
        long end = offset + length;
        while (position < end) {
            ByteBuffer zeros = ZEROS.duplicate().limit((int) Math.min(CHUNK_BYTES, end - position));
            position += channel.write(zeros, position);
        }
    }
}
