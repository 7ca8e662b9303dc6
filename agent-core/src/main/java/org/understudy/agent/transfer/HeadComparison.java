package org.understudy.agent.transfer;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.understudy.agent.scan.ScannedWindow;
import org.understudy.agent.scan.WindowConsumer;
import org.understudy.core.digest.BlockDigest;

/** Merges a scan with the digests of the head: the one place that decides what differs. Not thread-safe. */
final class HeadComparison implements WindowConsumer {

    private final HeadCursor head;
    private final ChangeSink sink;
    private long changedBlocks;

    HeadComparison(HeadCursor head, ChangeSink sink) {
        this.head = head;
        this.sink = sink;
    }

    @Override
    public CompletableFuture<Void> accept(ScannedWindow window) throws IOException {
        for (int i = 0; i < window.blocks(); i++) {
            long block = window.firstBlock() + i;
            head.skipTo(block, (skipped, digest) -> clear(skipped));
            BlockDigest before = head.take(block);
            BlockDigest now = window.digests().get(i);
            if (now.equals(before)) {
                sink.same(block, now);
            } else if (now.isZeroBlock()) {
                clear(block);
            } else {
                changedBlocks++;
                sink.changed(window, i, before.isZeroBlock());
            }
        }
        return sink.endWindow();
    }

    /** After the last window: what the head has beyond it is gone from the disk. Returns the number of all changed blocks. */
    long finish() throws IOException {
        head.skipTo(Long.MAX_VALUE, (skipped, digest) -> clear(skipped));
        return changedBlocks;
    }

    private void clear(long block) throws IOException {
        changedBlocks++;
        sink.cleared(block);
    }
}
