package org.understudy.iscsi.device;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** The way by which data gets into and out of a file. Thread-safe; ranges were checked by the caller. */
interface FileData extends Closeable {

    /** Fills the buffer. */
    void read(long offset, ByteBuffer target) throws IOException;

    void write(long offset, ByteBuffer source) throws IOException;

    /** Through the page cache; the channel belongs to somebody else. */
    record Cached(FileChannel channel) implements FileData {
        @Override
        public void read(long offset, ByteBuffer target) throws IOException {
            readFully(channel, offset, target);
        }

        @Override
        public void write(long offset, ByteBuffer source) throws IOException {
            writeFully(channel, offset, source);
        }

        @Override
        public void close() {
            // not ours
        }
    }

    static void readFully(FileChannel channel, long offset, ByteBuffer target) throws IOException {
        long position = offset;
        while (target.hasRemaining()) {
            int count = channel.read(target, position);
            if (count < 0) {
                throw new EOFException("the file ends at byte " + position);
            }
            position += count;
        }
    }

    static void writeFully(FileChannel channel, long offset, ByteBuffer source) throws IOException {
        long position = offset;
        while (source.hasRemaining()) {
            position += channel.write(source, position);
        }
    }
}
