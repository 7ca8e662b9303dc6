package org.understudy.agent.transfer;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.understudy.agent.scan.ScannedWindow;
import org.understudy.core.digest.BlockDigest;

/** Sends differences as they are found. Not thread-safe. */
final class SendingSink implements ChangeSink {

    private final HeadDigests digests;
    private final VolumeWriter writer;
    private final long diskBytes;
    private final int blockSize;

    SendingSink(HeadDigests digests, VolumeWriter writer, long diskBytes, int blockSize) {
        this.digests = digests;
        this.writer = writer;
        this.diskBytes = diskBytes;
        this.blockSize = blockSize;
    }

    @Override
    public void same(long block, BlockDigest digest) {
        // The head's digests say it already.
    }

    @Override
    public void changed(ScannedWindow window, int index, boolean headIsZero) throws IOException {
        long block = window.firstBlock() + index;
        digests.put(block, window.digests().get(index));
        int start = index * blockSize;
        BlockDifference.apply(
                block * blockSize,
                window.content(),
                start,
                Math.min(blockSize, window.content().limit() - start),
                window.usedOf(index),
                headIsZero,
                writer);
    }

    @Override
    public void cleared(long block) throws IOException {
        digests.put(block, BlockDigest.ZERO);
        long offset = block * blockSize;
        if (offset < diskBytes) {
            writer.clear(offset, Math.min(blockSize, diskBytes - offset));
        }
    }

    @Override
    public CompletableFuture<Void> endWindow() {
        return writer.endBatch();
    }
}
