package org.understudy.core.digest;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.DigestOutputStream;
import java.security.MessageDigest;

/** Writes a digest file (see {@link DigestFormat}) block by block in ascending order. Not thread-safe. */
public final class DigestWriter implements AutoCloseable {

    private final MessageDigest checksum = BlockDigest.sha256();
    private final DataOutputStream out;
    private final ByteBuffer run = ByteBuffer.allocate(DigestFormat.MAX_RUN * BlockDigest.LENGTH);
    private final OutputStream target;
    private long runStart;
    private long nextBlock;
    private boolean finished;

    /**
     * @param target receives the file; closed with this writer
     * @param diskBytes size of the disk
     * @param blockSize bytes of a block
     */
    public DigestWriter(OutputStream target, long diskBytes, int blockSize) throws IOException {
        this.target = target;
        out = new DataOutputStream(new DigestOutputStream(new BufferedOutputStream(target, 1 << 16), checksum));
        out.writeLong(DigestFormat.MAGIC);
        out.writeLong(diskBytes);
        out.writeInt(blockSize);
    }

    /** Adds the digest of a block; zero blocks may be left out. */
    public void put(long block, BlockDigest digest) throws IOException {
        if (block < nextBlock) {
            throw new IllegalArgumentException("block " + block + " comes after block " + (nextBlock - 1));
        }
        if (digest.isZeroBlock()) {
            return;
        }
        if (block != nextBlock || !run.hasRemaining()) {
            endRun();
            runStart = block;
        }
        digest.writeTo(run);
        nextBlock = block + 1;
    }

    private void endRun() throws IOException {
        int length = run.position() / BlockDigest.LENGTH;
        if (length > 0) {
            out.writeLong(runStart);
            out.writeInt(length);
            out.write(run.array(), 0, run.position());
            run.clear();
        }
        runStart = nextBlock;
    }

    /** Writes the end of the file; without it a reader rejects the file as cut short. */
    public void finish() throws IOException {
        endRun();
        out.writeLong(DigestFormat.END);
        out.flush();
        target.write(checksum.digest());
        target.flush();
        finished = true;
    }

    /** Closes the target; finishes nothing. */
    @Override
    public void close() throws IOException {
        if (!finished) {
            target.close();
        } else {
            out.close();
        }
    }
}
