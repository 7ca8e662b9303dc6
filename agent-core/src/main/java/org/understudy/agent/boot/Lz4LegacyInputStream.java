package org.understudy.agent.boot;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * Decompresses the LZ4 legacy frame format of kernels ({@code lz4 -l}), streaming with a window of 64 KiB instead of whole 8 MiB
 * blocks. Not thread-safe.
 */
final class Lz4LegacyInputStream extends InputStream {

    static final int MAGIC = 0x184c2102;
    private static final int WINDOW = 1 << 16;
    private static final int MAX_BLOCK_BYTES = 16 << 20;

    private final InputStream in;
    private final byte[] window = new byte[WINDOW];
    private int writeAt;
    private int readAt;
    private long inBlock;
    private long produced;
    private boolean ended;

    /** Takes a stream from its magic number on. */
    Lz4LegacyInputStream(InputStream in) throws IOException {
        this.in = in;
        if (word() != MAGIC) {
            throw new IOException("not an LZ4 legacy frame");
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int count = 0;
        while (count < length) {
            if (readAt == writeAt && !step()) {
                break;
            }
            while (count < length && readAt != writeAt) {
                target[offset + count++] = window[readAt];
                readAt = readAt + 1 & WINDOW - 1;
            }
        }
        return count == 0 ? -1 : count;
    }

    private int literals;
    private int matchLeft;
    private int matchDistance;
    private boolean matchPending;
    private int token;

    /** Puts at most half a window of output into the window; false at the end. */
    private boolean step() throws IOException {
        while (!ended && readAt == writeAt) {
            if (literals > 0) {
                int part = Math.min(literals, WINDOW / 2);
                for (int i = 0; i < part; i++) {
                    put(next());
                }
                literals -= part;
            } else if (matchPending) {
                startMatch();
            } else if (matchLeft > 0) {
                int part = Math.min(matchLeft, WINDOW / 2);
                for (int i = 0; i < part; i++) {
                    put(window[writeAt - matchDistance & WINDOW - 1] & 0xff);
                }
                matchLeft -= part;
            } else if (inBlock == 0) {
                startBlock();
            } else {
                token = next();
                literals = length(token >> 4);
                matchPending = true;
            }
        }
        return readAt != writeAt;
    }

    private void startBlock() throws IOException {
        int first = in.read();
        if (first < 0) {
            ended = true;
            return;
        }
        long size = first | (long) in.read() << 8 | (long) in.read() << 16 | (long) in.read() << 24;
        if (size == MAGIC) {
            return;
        }
        if (size <= 0 || size > MAX_BLOCK_BYTES) {
            // Padding or another archive follows.
            ended = true;
            return;
        }
        inBlock = size;
        produced = 0;
    }

    /** Every sequence but a block's last has a match after its literals. */
    private void startMatch() throws IOException {
        matchPending = false;
        if (inBlock == 0) {
            return;
        }
        matchDistance = next() | next() << 8;
        if (matchDistance == 0 || matchDistance > produced) {
            throw new IOException("an LZ4 match refers to before its block");
        }
        matchLeft = length(token & 15) + 4;
    }

    private int length(int nibble) throws IOException {
        int length = nibble;
        if (nibble == 15) {
            int more;
            do {
                more = next();
                length += more;
                if (length > MAX_BLOCK_BYTES) {
                    throw new IOException("an LZ4 length is too large");
                }
            } while (more == 255);
        }
        return length;
    }

    private void put(int value) {
        window[writeAt] = (byte) value;
        writeAt = writeAt + 1 & WINDOW - 1;
        produced++;
    }

    private int next() throws IOException {
        int value = inBlock > 0 ? in.read() : -1;
        if (value < 0) {
            throw new EOFException("an LZ4 block ends too early");
        }
        inBlock--;
        return value;
    }

    private int word() throws IOException {
        return in.read() | in.read() << 8 | in.read() << 16 | in.read() << 24;
    }
}
