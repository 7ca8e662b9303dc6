package org.understudy.core.digest;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * Reads a digest file (see {@link DigestFormat}) as a stream of blocks in ascending order. Memory use is constant. A file that
 * is cut short, out of order or altered ends in {@link CorruptDigestFileException}, at the latest at its end; so decide nothing
 * final before {@link #next} has returned empty. Not thread-safe.
 */
public final class DigestReader implements DigestEntries {

    /**
     * A block that is not zero.
     *
     * @param block number of the block
     * @param digest its digest
     */
    public record Entry(long block, BlockDigest digest) {}

    private final MessageDigest checksum = BlockDigest.sha256();
    private final InputStream source;
    private final DataInputStream in;
    private final long diskBytes;
    private final int blockSize;
    private long nextBlock;
    private int leftInRun;
    private boolean ended;

    public DigestReader(InputStream source) throws IOException {
        this.source = new BufferedInputStream(source, 1 << 16);
        in = new DataInputStream(new DigestInputStream(this.source, checksum));
        try {
            if (in.readLong() != DigestFormat.MAGIC) {
                throw new CorruptDigestFileException("this is not a digest file");
            }
            diskBytes = in.readLong();
            blockSize = in.readInt();
        } catch (EOFException e) {
            throw new CorruptDigestFileException("the digest file is cut short in its header", e);
        }
        if (diskBytes < 0 || blockSize < 512 || blockSize > 1 << 24) {
            throw new CorruptDigestFileException(
                    "disk size " + diskBytes + " or block size " + blockSize + " is absurd");
        }
    }

    @Override
    public long diskBytes() {
        return diskBytes;
    }

    @Override
    public int blockSize() {
        return blockSize;
    }

    /** The next block that is not zero, or empty at the (verified) end of the file. */
    @Override
    public Optional<Entry> next() throws IOException {
        if (ended) {
            return Optional.empty();
        }
        try {
            if (leftInRun == 0 && !openRun()) {
                return Optional.empty();
            }
            byte[] digest = new byte[BlockDigest.LENGTH];
            in.readFully(digest);
            leftInRun--;
            return Optional.of(new Entry(nextBlock++, BlockDigest.ofBytes(digest)));
        } catch (EOFException e) {
            throw new CorruptDigestFileException("the digest file is cut short after block " + (nextBlock - 1), e);
        }
    }

    private boolean openRun() throws IOException {
        long first = in.readLong();
        if (first == DigestFormat.END) {
            byte[] expected = checksum.digest();
            byte[] stored = source.readNBytes(BlockDigest.LENGTH);
            if (!MessageDigest.isEqual(expected, stored)) {
                throw new CorruptDigestFileException("the checksum at the end of the digest file does not match");
            }
            if (source.read() >= 0) {
                throw new CorruptDigestFileException("something follows the end of the digest file");
            }
            ended = true;
            return false;
        }
        int count = in.readInt();
        long blocks = (diskBytes + blockSize - 1) / blockSize;
        if (first < nextBlock || count < 1 || first > blocks - count) {
            throw new CorruptDigestFileException(
                    "run of " + count + " blocks at " + first + " is out of order or bounds");
        }
        nextBlock = first;
        leftInRun = count;
        return true;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
