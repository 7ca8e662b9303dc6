package org.understudy.agent.linux;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;

/** Where a file has data and not a hole, as the kernel says (lseek(2), SEEK_DATA). Stateless. */
final class DataRanges {

    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int ENXIO = 6;

    /** The one call of libc that the product does not need. */
    interface Seeking extends Library {
        Seeking LIBC = Native.load("c", Seeking.class);

        long lseek(int fd, long offset, int whence) throws LastErrorException;
    }

    private DataRanges() {}

    /** Numbers of the pieces of {@code piece} bytes in which there is data. */
    static BitSet pieces(Path file, int piece) throws IOException {
        int fd = LibC.open(file.toString(), LibC.O_RDONLY | LibC.O_CLOEXEC);
        BitSet pieces = new BitSet();
        try {
            for (long at = 0; ; ) {
                long data = Seeking.LIBC.lseek(fd, at, SEEK_DATA);
                at = Seeking.LIBC.lseek(fd, data, SEEK_HOLE);
                pieces.set((int) (data / piece), (int) ((at + piece - 1) / piece));
            }
        } catch (LastErrorException e) {
            if (e.getErrorCode() != ENXIO) { // no data from here to the end
                throw new IOException("lseek of " + file, e);
            }
            return pieces;
        } finally {
            LibC.close(fd);
        }
    }
}
