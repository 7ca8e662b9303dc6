package org.understudy.agent.boot;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Decompresses bzip2, also several streams one after another. Needs 4 MB for a block of 900 kB. Not thread-safe. */
final class Bzip2InputStream extends InputStream {

    private static final long BLOCK = 0x314159265359L;
    private static final long END = 0x177245385090L;
    private static final int MAX_CODE_BITS = 20;
    private static final int GROUP = 50;

    private final InputStream in;
    private int bitBuffer;
    private int bitsLeft;
    private int blockLimit;
    private int[] links = new int[0];
    private int count;
    private int emitted;
    private int position;
    private int previous = -1;
    private int sameRun;
    private int repeat;
    private boolean ended;

    /** Takes a stream from its {@code BZh} on. */
    Bzip2InputStream(InputStream in) throws IOException {
        this.in = in;
        if (!header(bits(8))) {
            throw new IOException("not a bzip2 stream");
        }
    }

    @Override
    public int read() throws IOException {
        while (true) {
            if (repeat > 0) {
                repeat--;
                return previous;
            }
            if (emitted == count && (ended || !nextBlock())) {
                return -1;
            }
            if (emitted == count) {
                continue;
            }
            position = links[position];
            int value = position & 0xff;
            position >>>= 8;
            emitted++;
            // Four equal bytes are followed by how often the byte repeats.
            if (sameRun == 4) {
                repeat = value;
                sameRun = 0;
                if (repeat == 0) {
                    continue;
                }
                repeat--;
                return previous;
            }
            sameRun = value == previous ? sameRun + 1 : 1;
            previous = value;
            return value;
        }
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int value = read();
            if (value < 0) {
                break;
            }
            target[offset + done++] = (byte) value;
        }
        return done == 0 && length > 0 ? -1 : done;
    }

    private boolean header(int first) throws IOException {
        if (first != 'B' || bits(8) != 'Z' || bits(8) != 'h') {
            return false;
        }
        int level = bits(8) - '0';
        if (level < 1 || level > 9) {
            throw new IOException("an impossible bzip2 block size");
        }
        blockLimit = level * 100_000;
        if (links.length < blockLimit) {
            links = new int[blockLimit];
        }
        return true;
    }

    private boolean nextBlock() throws IOException {
        while (true) {
            long magic = (long) bits(24) << 24 | bits(24);
            if (magic == BLOCK) {
                block();
                return true;
            }
            if (magic != END) {
                throw new IOException("a bzip2 block has no header");
            }
            bits(16);
            bits(16);
            bitsLeft = 0;
            int next = in.read();
            if (next < 0 || !header(next)) {
                ended = true;
                return false;
            }
        }
    }

    private void block() throws IOException {
        bits(16);
        bits(16);
        if (bits(1) != 0) {
            throw new IOException("an obsolete kind of bzip2 block");
        }
        int origin = bits(24);
        byte[] symbols = symbols();
        int alphabet = symbols.length + 2;
        int tables = bits(3);
        int selectorCount = bits(15);
        if (symbols.length == 0 || tables < 2 || tables > 6 || selectorCount < 1) {
            throw new IOException("a damaged bzip2 block");
        }
        byte[] selectors = new byte[selectorCount];
        byte[] order = {0, 1, 2, 3, 4, 5};
        for (int i = 0; i < selectorCount; i++) {
            int index = 0;
            while (bits(1) == 1) {
                if (++index >= tables) {
                    throw new IOException("a damaged bzip2 block");
                }
            }
            selectors[i] = front(order, index);
        }
        Code[] codes = new Code[tables];
        for (int i = 0; i < tables; i++) {
            codes[i] = code(alphabet);
        }
        decode(symbols, codes, selectors);
        if (origin >= count) {
            throw new IOException("a damaged bzip2 block");
        }
        link(origin);
    }

    private byte[] symbols() throws IOException {
        int ranges = bits(16);
        byte[] symbols = new byte[256];
        int found = 0;
        for (int i = 0; i < 16; i++) {
            int used = (ranges >> 15 - i & 1) != 0 ? bits(16) : 0;
            for (int j = 0; j < 16; j++) {
                if ((used >> 15 - j & 1) != 0) {
                    symbols[found++] = (byte) (16 * i + j);
                }
            }
        }
        return java.util.Arrays.copyOf(symbols, found);
    }

    private Code code(int alphabet) throws IOException {
        int[] lengths = new int[alphabet];
        int length = bits(5);
        for (int i = 0; i < alphabet; i++) {
            while (true) {
                if (length < 1 || length > MAX_CODE_BITS) {
                    throw new IOException("a damaged bzip2 code");
                }
                if (bits(1) == 0) {
                    break;
                }
                length += bits(1) == 0 ? 1 : -1;
            }
            lengths[i] = length;
        }
        return new Code(lengths);
    }

    /** Undoes the Huffman, zero-run and move-to-front coding; leaves the transformed bytes in the low bits of the links. */
    private void decode(byte[] symbols, Code[] codes, byte[] selectors) throws IOException {
        int end = symbols.length + 1;
        count = 0;
        emitted = 0;
        int selector = 0;
        int inGroup = 0;
        int run = 0;
        int runBit = 1;
        while (true) {
            if (inGroup == 0) {
                if (selector >= selectors.length) {
                    throw new IOException("a damaged bzip2 block");
                }
                selector++;
                inGroup = GROUP;
            }
            inGroup--;
            int symbol = codes[selectors[selector - 1]].read();
            if (symbol < 2) {
                run += runBit << symbol;
                runBit <<= 1;
                if (run > blockLimit) {
                    throw new IOException("a bzip2 block is too long");
                }
                continue;
            }
            append(symbols[0], run);
            run = 0;
            runBit = 1;
            if (symbol == end) {
                return;
            }
            append(front(symbols, symbol - 1), 1);
        }
    }

    private void append(byte value, int times) throws IOException {
        if (count + times > blockLimit) {
            throw new IOException("a bzip2 block is too long");
        }
        for (int i = 0; i < times; i++) {
            links[count++] = value & 0xff;
        }
    }

    private static byte front(byte[] list, int index) {
        byte value = list[index];
        System.arraycopy(list, 0, list, 1, index);
        list[0] = value;
        return value;
    }

    /** Undoes the Burrows-Wheeler transform: each link's high bits name the place of the next byte. */
    private void link(int origin) {
        int[] next = new int[256];
        for (int i = 0; i < count; i++) {
            next[links[i] & 0xff]++;
        }
        int sum = 0;
        for (int i = 0; i < 256; i++) {
            int here = next[i];
            next[i] = sum;
            sum += here;
        }
        for (int i = 0; i < count; i++) {
            links[next[links[i] & 0xff]++] |= i << 8;
        }
        position = links[origin] >>> 8;
        previous = -1;
        sameRun = 0;
    }

    private int bits(int wanted) throws IOException {
        int value = 0;
        for (int left = wanted; left > 0; ) {
            if (bitsLeft == 0) {
                bitBuffer = in.read();
                if (bitBuffer < 0) {
                    throw new EOFException("a bzip2 stream ends too early");
                }
                bitsLeft = 8;
            }
            int part = Math.min(left, bitsLeft);
            value = value << part | bitBuffer >> bitsLeft - part & (1 << part) - 1;
            bitsLeft -= part;
            left -= part;
        }
        return value;
    }

    /** A canonical Huffman code. */
    private final class Code {

        private final int[] firstCode = new int[MAX_CODE_BITS + 2];
        private final int[] firstIndex = new int[MAX_CODE_BITS + 2];
        private final int[] sorted;

        Code(int[] lengths) {
            sorted = new int[lengths.length];
            int index = 0;
            int code = 0;
            for (int length = 1; length <= MAX_CODE_BITS; length++) {
                firstCode[length] = code;
                firstIndex[length] = index;
                for (int symbol = 0; symbol < lengths.length; symbol++) {
                    if (lengths[symbol] == length) {
                        sorted[index++] = symbol;
                        code++;
                    }
                }
                code <<= 1;
            }
            firstIndex[MAX_CODE_BITS + 1] = index;
        }

        int read() throws IOException {
            int code = 0;
            for (int length = 1; length <= MAX_CODE_BITS; length++) {
                code = code << 1 | bits(1);
                int offset = code - firstCode[length];
                if (offset >= 0 && offset < firstIndex[length + 1] - firstIndex[length]) {
                    return sorted[firstIndex[length] + offset];
                }
            }
            throw new IOException("a damaged bzip2 code");
        }
    }
}
