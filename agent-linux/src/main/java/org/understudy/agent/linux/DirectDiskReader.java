package org.understudy.agent.linux;

import com.sun.jna.LastErrorException;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.understudy.agent.disk.DiskReader;

/**
 * Reads a block device with {@code O_DIRECT}: never the page cache, which is stale for data of mounted file systems. Reads that are not
 * aligned, or go to the heap, pass through an aligned buffer of the calling thread. Thread-safe.
 */
final class DirectDiskReader implements DiskReader {

    private static final int PAGE = 4096;
    private static final int BOUNCE_BYTES = 128 << 10;

    private static final ThreadLocal<ByteBuffer> BOUNCE = ThreadLocal.withInitial(
            () -> ByteBuffer.allocateDirect(BOUNCE_BYTES + PAGE).alignedSlice(PAGE));

    private final Path device;
    private final int fd;
    private final long sizeBytes;
    private final int logicalBlockSize;
    private final ReentrantReadWriteLock open = new ReentrantReadWriteLock();
    private boolean closed;

    private DirectDiskReader(Path device, int fd, long sizeBytes, int logicalBlockSize) {
        this.device = device;
        this.fd = fd;
        this.sizeBytes = sizeBytes;
        this.logicalBlockSize = logicalBlockSize;
    }

    /** Opens a block device. */
    static DirectDiskReader open(Path device) throws IOException {
        int fd;
        try {
            fd = LibC.open(device.toString(), LibC.O_RDONLY | LibC.O_DIRECT | LibC.O_CLOEXEC);
        } catch (LastErrorException e) {
            throw new IOException("open " + device + ": " + LibC.message(e), e);
        }
        try {
            LongByReference size = new LongByReference();
            IntByReference block = new IntByReference();
            LibC.ioctl(fd, LibC.BLKGETSIZE64, size);
            LibC.ioctl(fd, LibC.BLKSSZGET, block);
            return new DirectDiskReader(device, fd, size.getValue(), block.getValue());
        } catch (LastErrorException e) {
            LibC.close(fd);
            throw new IOException(device + " is not a block device: " + LibC.message(e), e);
        }
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int logicalBlockSize() {
        return logicalBlockSize;
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        if (offset < 0 || offset > sizeBytes - target.remaining()) {
            throw new EOFException("read of " + target.remaining() + " bytes at " + offset + " past the end of "
                    + device + " (" + sizeBytes + " bytes)");
        }
        open.readLock().lock();
        try {
            if (closed) {
                throw new IOException(device + " is closed");
            }
            if (isAligned(offset, target)) {
                readAligned(offset, target.slice());
                target.position(target.limit());
            } else {
                readThroughBounce(offset, target);
            }
        } finally {
            open.readLock().unlock();
        }
    }

    private boolean isAligned(long offset, ByteBuffer target) {
        return target.isDirect()
                && offset % logicalBlockSize == 0
                && target.remaining() % logicalBlockSize == 0
                && target.alignmentOffset(target.position(), logicalBlockSize) == 0;
    }

    private void readThroughBounce(long offset, ByteBuffer target) throws IOException {
        ByteBuffer bounce = BOUNCE.get();
        long at = offset;
        while (target.hasRemaining()) {
            long start = at / logicalBlockSize * logicalBlockSize;
            int skip = (int) (at - start);
            int wanted = Math.min(target.remaining(), bounce.capacity() - skip);
            long end = (at + wanted + logicalBlockSize - 1) / logicalBlockSize * logicalBlockSize;
            int length = (int) Math.min(end - start, bounce.capacity());
            readAligned(start, bounce.slice(0, length));
            int take = Math.min(wanted, length - skip);
            target.put(bounce.slice(skip, take));
            at += take;
        }
    }

    /** Fills {@code target}, whose position is 0. */
    private void readAligned(long offset, ByteBuffer target) throws IOException {
        int done = 0;
        while (done < target.limit()) {
            long n;
            try {
                n = LibC.pread(fd, target.slice(done, target.limit() - done), target.limit() - done, offset + done);
            } catch (LastErrorException e) {
                if (e.getErrorCode() == LibC.EINTR) {
                    continue;
                }
                throw new IOException("read of " + device + " at " + (offset + done) + ": " + LibC.message(e), e);
            }
            if (n <= 0) {
                throw new EOFException(device + " ends at " + (offset + done) + ", it had " + sizeBytes + " bytes");
            }
            done += (int) n;
        }
    }

    @Override
    public void close() {
        open.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                LibC.close(fd);
            }
        } finally {
            open.writeLock().unlock();
        }
    }
}
