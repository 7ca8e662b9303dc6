package org.understudy.agent.transfer;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.understudy.agent.scan.ScannedWindow;
import org.understudy.agent.snapshot.Deferral;
import org.understudy.core.digest.BlockDigest;

/**
 * Leaves the first differences as they are, for a later pass to find again, and passes the rest on. The head keeps the digests of
 * what was left. Not thread-safe.
 */
final class DeferringSink implements ChangeSink {

    private final Deferral deferral;
    private final ChangeSink next;
    private final int blockSize;

    DeferringSink(Deferral deferral, ChangeSink next, int blockSize) {
        this.deferral = deferral;
        this.next = next;
        this.blockSize = blockSize;
    }

    @Override
    public void same(long block, BlockDigest digest) throws IOException {
        next.same(block, digest);
    }

    @Override
    public void changed(ScannedWindow window, int index, boolean headIsZero) throws IOException {
        if (!deferral.leaves(blockSize)) {
            next.changed(window, index, headIsZero);
        }
    }

    @Override
    public void cleared(long block) throws IOException {
        if (!deferral.leaves(HoldingSink.CLEARED_BYTES)) {
            next.cleared(block);
        }
    }

    @Override
    public CompletableFuture<Void> endWindow() throws IOException {
        return next.endWindow();
    }
}
