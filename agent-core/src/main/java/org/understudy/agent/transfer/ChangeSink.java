package org.understudy.agent.transfer;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.understudy.agent.scan.ScannedWindow;
import org.understudy.core.digest.BlockDigest;

/** Takes the differences between a disk and its head in ascending order. */
interface ChangeSink {

    /** The block is as in the head. */
    void same(long block, BlockDigest digest) throws IOException;

    /** The block at {@code index} of the window is not zero and differs. */
    void changed(ScannedWindow window, int index, boolean headIsZero) throws IOException;

    /** The block is zero or unused now and was not zero in the head. */
    void cleared(long block) throws IOException;

    /** All blocks of a window were given; its buffer is free when the future completes. */
    CompletableFuture<Void> endWindow() throws IOException;
}
