package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Past the page cache (O_DIRECT). The kernel wants offset, length and memory aligned; what is not goes through an aligned
 * buffer, and a write that covers an alignment unit in part reads the unit first, alone, so that no neighbour is lost.
 */
final class DirectData implements FileData {

    private static final int BOUNCE_BYTES = 1 << 20;

    private final FileChannel channel;
    private final int alignment;
    private final Queue<ByteBuffer> bounceBuffers = new ConcurrentLinkedQueue<>();
    /** Read side: writes of whole units. Write side: read, change, write. */
    private final ReadWriteLock partialWrites = new ReentrantReadWriteLock();

    private DirectData(FileChannel channel, int alignment) {
        this.channel = channel;
        this.alignment = alignment;
    }

    static DirectData open(Path file, boolean readOnly) throws IOException {
        int alignment = Math.toIntExact(Files.getFileStore(file).getBlockSize());
        Set<OpenOption> options = new HashSet<>(Set.of(StandardOpenOption.READ, directOption()));
        if (!readOnly) {
            options.add(StandardOpenOption.WRITE);
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(file, options);
        } catch (IOException | UnsupportedOperationException e) {
            throw new IOException("direct access to " + file + " is not possible here: " + e.getMessage(), e);
        }
        try {
            long size = channel.size();
            if (size % alignment != 0) {
                throw new IOException("direct access to " + file + " needs a size of whole " + alignment
                        + " byte blocks, and it has " + size + " bytes");
            }
            return new DirectData(channel, alignment);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** The option is an extension of the JDK ({@code com.sun.nio.file.ExtendedOpenOption}) that a runtime may lack. */
    private static OpenOption directOption() throws IOException {
        try {
            Class<?> extended = Class.forName("com.sun.nio.file.ExtendedOpenOption");
            for (Object option : extended.getEnumConstants()) {
                if (option.toString().equals("DIRECT")) {
                    return (OpenOption) option;
                }
            }
            throw new IOException("this Java runtime knows no direct access to files");
        } catch (ClassNotFoundException e) {
            throw new IOException("this Java runtime knows no direct access to files", e);
        }
    }

    private boolean aligned(long offset, ByteBuffer buffer) {
        boolean range = (offset | buffer.remaining()) % alignment == 0;
        // For heap buffers the JDK takes an aligned buffer of its own.
        return range && (!buffer.isDirect() || buffer.alignmentOffset(buffer.position(), alignment) == 0);
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        if (aligned(offset, target)) {
            FileData.readFully(channel, offset, target);
            return;
        }
        ByteBuffer bounce = takeBounce();
        try {
            long position = offset;
            while (target.hasRemaining()) {
                long start = position - position % alignment;
                int within = (int) (position - start);
                int part = Math.min(target.remaining(), BOUNCE_BYTES - within);
                FileData.readFully(channel, start, bounce.clear().limit(roundedUp(within + part)));
                target.put(target.position(), bounce, within, part);
                target.position(target.position() + part);
                position += part;
            }
        } finally {
            bounceBuffers.add(bounce);
        }
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        boolean wholeUnits = (offset | source.remaining()) % alignment == 0;
        var lock = wholeUnits ? partialWrites.readLock() : partialWrites.writeLock();
        lock.lock();
        try {
            if (aligned(offset, source)) {
                FileData.writeFully(channel, offset, source);
            } else {
                writeBounced(offset, source);
            }
        } finally {
            lock.unlock();
        }
    }

    private void writeBounced(long offset, ByteBuffer source) throws IOException {
        ByteBuffer bounce = takeBounce();
        try {
            long position = offset;
            while (source.hasRemaining()) {
                long start = position - position % alignment;
                int within = (int) (position - start);
                int part = Math.min(source.remaining(), BOUNCE_BYTES - within);
                int length = roundedUp(within + part);
                if (part != length) {
                    FileData.readFully(channel, start, bounce.clear().limit(length));
                }
                bounce.clear().limit(length);
                bounce.put(within, source, source.position(), part);
                FileData.writeFully(channel, start, bounce);
                source.position(source.position() + part);
                position += part;
            }
        } finally {
            bounceBuffers.add(bounce);
        }
    }

    private int roundedUp(int length) {
        return (length + alignment - 1) / alignment * alignment;
    }

    private ByteBuffer takeBounce() {
        ByteBuffer idle = bounceBuffers.poll();
        return idle != null
                ? idle
                : ByteBuffer.allocateDirect(BOUNCE_BYTES + alignment)
                        .alignedSlice(alignment)
                        .slice(0, BOUNCE_BYTES);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
