package org.understudy.agent.transfer;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.understudy.agent.scan.ScannedWindow;
import org.understudy.agent.scan.WindowConsumer;
import org.understudy.core.digest.BlockDigest;

/** Merges a scan with the digests of the head: the one place that decides what differs. Not thread-safe. */
final class HeadComparison implements WindowConsumer {

    private final HeadCursor head;
    private final BlockScope scope;
    private final ChangeSink sink;
    private long changedBlocks;

    HeadComparison(HeadCursor head, BlockScope scope, ChangeSink sink) {
        this.head = head;
        this.scope = scope;
        this.sink = sink;
    }

    @Override
    public CompletableFuture<Void> accept(ScannedWindow window) throws IOException {
        for (int i = 0; i < window.blocks(); i++) {
            long block = window.firstBlock() + i;
            head.skipTo(block, this::passOver);
            BlockDigest before = head.take(block);
            if (!scope.contains(block)) {
                keep(block, before);
                continue;
            }
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

    /** After the last window: what the head has beyond it inside the scope is gone from the disk. Returns the number of all changed blocks. */
    long finish() throws IOException {
        head.skipTo(Long.MAX_VALUE, this::passOver);
        return changedBlocks;
    }

    /** A block of the head that no window had: nothing in it is used, or nobody asked for it. */
    private void passOver(long block, BlockDigest digest) throws IOException {
        if (scope.contains(block)) {
            clear(block);
        } else {
            keep(block, digest);
        }
    }

    private void keep(long block, BlockDigest digest) throws IOException {
        if (!digest.isZeroBlock()) {
            sink.same(block, digest);
        }
    }

    private void clear(long block) throws IOException {
        changedBlocks++;
        sink.cleared(block);
    }
}
