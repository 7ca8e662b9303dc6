package org.understudy.server.exports.embedded;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import org.understudy.iscsi.device.HolePuncher;

/**
 * Punches holes with {@code fallocate(2)}, into regular files and block devices alike. The JDK hides the descriptor of its
 * channel, so the file is opened once more for the call. Where the file system knows no holes, zeros are written. Thread-safe.
 */
final class FileHolePuncher implements HolePuncher {

    /** Source: {@code include/uapi/linux/falloc.h}, {@code asm-generic/fcntl.h}. */
    private static final int FALLOC_FL_KEEP_SIZE = 0x01;

    private static final int FALLOC_FL_PUNCH_HOLE = 0x02;
    private static final int O_RDWR = 0x02;
    private static final int O_CLOEXEC = 0x80000;
    private static final int EOPNOTSUPP = 95;
    private static final int ENOSPC = 28;

    private final LibC libc;
    private final HolePuncher zeros = HolePuncher.writingZeros();

    FileHolePuncher() {
        // Paths travel in the encoding in which the JDK gives them to the kernel.
        libc = Native.load(
                "c",
                LibC.class,
                Map.of(Library.OPTION_STRING_ENCODING, System.getProperty("sun.jnu.encoding", "UTF-8")));
    }

    /** The three calls, as on every 64-bit Linux. */
    interface LibC extends Library {

        int open(String path, int flags) throws LastErrorException;

        int fallocate(int fd, int mode, long offset, long length) throws LastErrorException;

        int close(int fd) throws LastErrorException;
    }

    @Override
    public void punch(Path file, FileChannel channel, long offset, long length) throws IOException {
        try {
            int fd = libc.open(file.toString(), O_RDWR | O_CLOEXEC);
            try {
                libc.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
            } finally {
                libc.close(fd);
            }
        } catch (LastErrorException e) {
            switch (e.getErrorCode()) {
                case EOPNOTSUPP -> zeros.punch(file, channel, offset, length);
                case ENOSPC -> throw new IOException("No space left on device", e);
                default ->
                    throw new IOException(
                            "no hole of " + length + " bytes at " + offset + " in " + file + ": " + e.getMessage(), e);
            }
        }
    }
}
