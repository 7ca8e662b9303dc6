package org.understudy.agent.transfer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.scan.BlockScanner;
import org.understudy.agent.scan.Scan;
import org.understudy.agent.scan.ScanCost;
import org.understudy.agent.snapshot.Deferral;
import org.understudy.agent.snapshot.DiskHead;
import org.understudy.agent.snapshot.HeldPieces;
import org.understudy.agent.snapshot.HoldBudget;
import org.understudy.agent.state.BaseStore.Workspace;
import org.understudy.core.digest.DigestWriter;

/**
 * A LUN with its digests in files: the base's file first, then one temporary file for each pass that found differences. Used by
 * one thread.
 */
final class StoredHead implements DiskHead {

    private final String disk;
    private final @Nullable String basePoint;
    private final RemoteVolume volume;
    private final int blockSize;
    private final Workspace workspace;
    private final BlockScanner scanner;
    private final VolumeWriter writer;
    private final DiskCounters counters;
    private final @Nullable Path base;
    private @Nullable Path digests;
    private int files;

    StoredHead(
            String disk,
            @Nullable String basePoint,
            RemoteVolume volume,
            int blockSize,
            @Nullable Path base,
            Workspace workspace,
            BlockScanner scanner,
            VolumeWriter writer,
            DiskCounters counters) {
        this.disk = disk;
        this.basePoint = basePoint;
        this.volume = volume;
        this.blockSize = blockSize;
        this.base = base;
        this.workspace = workspace;
        this.scanner = scanner;
        this.writer = writer;
        this.counters = counters;
        digests = base;
    }

    @Override
    public @Nullable String basePoint() {
        return basePoint;
    }

    @Override
    public int blockSize() {
        return blockSize;
    }

    @Override
    public int sectorSize() {
        return volume.blockSize();
    }

    @Override
    public PassResult update(Scan scan, Deferral deferral) throws IOException {
        Path target = workspace.temporary(disk, "digests-" + files);
        long changed;
        ScanCost cost;
        boolean forked;
        try (HeadCursor cursor = new HeadCursor(digests);
                DigestFork fork = new DigestFork(digests, target, volume.sizeBytes(), blockSize)) {
            HeadComparison comparison = new HeadComparison(
                    cursor,
                    scope(scan),
                    new DeferringSink(
                            deferral, new SendingSink(fork, writer, volume.sizeBytes(), blockSize), blockSize));
            cost = scanner.scan(scan, comparison);
            changed = comparison.finish();
            writer.drain();
            forked = fork.finish();
        }
        counters.addScanned(cost.bytesRead());
        if (forked) {
            replaceDigests(target);
        }
        return new PassResult(changed, cost);
    }

    @Override
    public HeldChanges hold(Scan scan, HoldBudget budget) throws IOException {
        HoldingSink sink = new HoldingSink(budget, blockSize);
        try (HeadCursor cursor = new HeadCursor(digests)) {
            HeadComparison comparison = new HeadComparison(cursor, scope(scan), sink);
            ScanCost cost = scanner.scan(scan, comparison);
            long changed = comparison.finish();
            counters.addScanned(cost.bytesRead());
            return new Changes(changed, new HeldSet(sink, volume.sizeBytes()));
        }
    }

    /** Changes that {@link #hold} kept. */
    private final class Changes implements HeldChanges {

        private final long changedBlocks;
        private final HeldSet held;

        Changes(long changedBlocks, HeldSet held) {
            this.changedBlocks = changedBlocks;
            this.held = held;
        }

        @Override
        public long changedBlocks() {
            return changedBlocks;
        }

        @Override
        public void apply() throws IOException {
            if (changedBlocks > 0) {
                held.send(writer);
                Path target = workspace.temporary(disk, "digests-" + files);
                held.writeDigests(digests, target);
                replaceDigests(target);
            }
        }
    }

    @Override
    public HeldPieces pieces(DiskReader reader, HoldBudget budget) {
        return new StoredPieces(disk, reader, scanner, volume.blockSize(), budget, counters, this::apply);
    }

    private HeldPieces.Applied apply(StoredPieces pieces, HeldPieces.Later later) throws IOException {
        PieceApplication application = new PieceApplication(pieces, later, writer, volume.sizeBytes(), blockSize);
        HeldPieces.Applied applied = application.send(digests);
        if (applied.changedBlocks() > 0 || !applied.damaged().isEmpty()) {
            Path target = workspace.temporary(disk, "digests-" + files);
            application.writeDigests(digests, target);
            replaceDigests(target);
        }
        return applied;
    }

    private static BlockScope scope(Scan scan) {
        return new BlockScope(scan.scope(), scan.blockSize());
    }

    private void replaceDigests(Path next) throws IOException {
        Path old = digests;
        digests = next;
        files++;
        if (old != null && !old.equals(base)) {
            Files.delete(old);
        }
    }

    /** Ends the head: its digest file is among the finished ones of the workspace. */
    Path finish() throws IOException {
        Path last = workspace.temporary(disk, "digests-last");
        Path known = digests;
        if (known == null) {
            try (DigestWriter empty = new DigestWriter(Files.newOutputStream(last), volume.sizeBytes(), blockSize)) {
                empty.finish();
            }
        } else if (known.equals(base)) {
            Files.copy(known, last);
        } else {
            Files.move(known, last);
        }
        return workspace.finish(disk, last);
    }

    @Nullable
    Path base() {
        return base;
    }

    RemoteVolume volume() {
        return volume;
    }

    DiskCounters counters() {
        return counters;
    }
}
