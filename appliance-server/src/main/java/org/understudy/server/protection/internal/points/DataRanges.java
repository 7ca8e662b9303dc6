package org.understudy.server.protection.internal.points;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Where a file has data and where it has holes, by {@code lseek(2)} with SEEK_DATA and SEEK_HOLE (linux/fs.h), so that a sparse
 * image of 1 TiB is read in the time of what is in it. A block device, or a file system without the call, is all data. Reads
 * no data and moves no position that others use. Not thread-safe.
 */
final class DataRanges implements AutoCloseable {

    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int POSIX_FADV_DONTNEED = 4;
    private static final int ENXIO = 6;
    private static final int EINVAL = 22;
    private static final int EOPNOTSUPP = 95;

    /** The calls of the C library that Java does not offer. */
    interface CLibrary extends Library {

        CLibrary INSTANCE = Native.load("c", CLibrary.class);

        int open(String path, int flags) throws LastErrorException;

        long lseek(int fd, long offset, int whence) throws LastErrorException;

        int posix_fadvise(int fd, long offset, long length, int advice);

        int close(int fd) throws LastErrorException;
    }

    private final int fd;
    private final long size;

    private DataRanges(int fd, long size) {
        this.fd = fd;
        this.size = size;
    }

    /** @param size bytes of the file or device */
    static DataRanges open(Path file, long size) throws IOException {
        try {
            return new DataRanges(CLibrary.INSTANCE.open(file.toString(), O_RDONLY_CLOEXEC), size);
        } catch (LastErrorException e) {
            throw new IOException("cannot open " + file + ": " + e.getMessage(), e);
        }
    }

    /** Asks the kernel to drop cached pages, so that what is read next comes from the pool's disks. Advice only. */
    void dropCache() {
        CLibrary.INSTANCE.posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    }

    /** The first byte at or after {@code from} that may be data; the size if only a hole follows. */
    long nextData(long from) throws IOException {
        return from >= size ? size : Math.min(size, seek(from, SEEK_DATA, from));
    }

    /** The first byte after {@code from}, which is data, that is in a hole; the size if there is none. */
    long endOfData(long from) throws IOException {
        return Math.min(size, seek(from, SEEK_HOLE, size));
    }

    private long seek(long from, int whence, long ifUnsupported) throws IOException {
        try {
            return CLibrary.INSTANCE.lseek(fd, from, whence);
        } catch (LastErrorException e) {
            return switch (e.getErrorCode()) {
                case ENXIO -> size;
                case EINVAL, EOPNOTSUPP -> ifUnsupported;
                default -> throw new IOException("cannot find the data of the image: " + e.getMessage(), e);
            };
        }
    }

    @Override
    public void close() throws IOException {
        try {
            CLibrary.INSTANCE.close(fd);
        } catch (LastErrorException e) {
            throw new IOException("cannot close the image: " + e.getMessage(), e);
        }
    }
}
