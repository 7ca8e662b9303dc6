package org.understudy.agent.transfer;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.state.BaseStore;
import org.understudy.core.digest.DigestChanges;
import org.understudy.core.digest.DigestTree;
import org.understudy.core.digest.DigestWriter;

/**
 * Ends the digests of a head: gives them to the appliance, as changes of the base's where it can be, and leaves in the workspace what
 * becomes the next base. Used by one thread.
 */
final class DigestDelivery {

    private final DigestExchange exchange;
    private final BaseStore.Workspace workspace;
    private final String run;

    DigestDelivery(DigestExchange exchange, BaseStore.Workspace workspace, String run) {
        this.exchange = exchange;
        this.workspace = workspace;
        this.run = run;
    }

    /**
     * What was delivered.
     *
     * @param root stands for all digests
     * @param blocks blocks that are not zero
     * @param changedBytes bytes of the blocks that differ from the base
     */
    record Delivered(String root, long blocks, long changedBytes) {}

    Delivered deliver(String disk, HeadDigests digests, BaseDigests.@Nullable Base base, @Nullable String basePoint)
            throws IOException {
        long changedBytes = digests.changedBytes();
        if (base == null || basePoint == null || !digests.isOverlay()) {
            DigestTree.Outcome outcome = digests.settle();
            uploadAll(disk, digests);
            workspace.finish(disk, digests.ownFile());
            return new Delivered(outcome.root(), outcome.blocks(), changedBytes);
        }
        DigestChanges changes = digests.changes();
        Path file = workspace.temporary(disk, "changes");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            changes.write(out);
        }
        if (!exchange.uploadChanges(run, disk, file)) {
            uploadAll(disk, digests);
        }
        if (base.isKept()) {
            workspace.finishChanges(disk, file, basePoint);
        } else {
            DigestTree.redo(base.file(), changes);
            workspace.finish(disk, base.file());
        }
        return new Delivered(changes.outcome().root(), changes.outcome().blocks(), changedBytes);
    }

    private void uploadAll(String disk, HeadDigests digests) throws IOException {
        Path file = workspace.temporary(disk, "all");
        try (DigestWriter writer =
                new DigestWriter(Files.newOutputStream(file), digests.diskBytes(), digests.blockSize())) {
            for (long block = digests.next(0); block >= 0; block = digests.next(block + 1)) {
                writer.put(block, digests.get(block));
            }
            writer.finish();
        }
        exchange.upload(run, disk, file);
        Files.delete(file);
    }
}
