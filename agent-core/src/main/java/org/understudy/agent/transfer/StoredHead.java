package org.understudy.agent.transfer;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.scan.BlockScanner;
import org.understudy.agent.scan.Scan;
import org.understudy.agent.scan.ScanCost;
import org.understudy.agent.snapshot.Deferral;
import org.understudy.agent.snapshot.DiskHead;
import org.understudy.agent.snapshot.HeldPieces;
import org.understudy.agent.snapshot.HoldBudget;

/**
 * A LUN with its digests. Used by one thread.
 */
final class StoredHead implements DiskHead {

    private final String disk;
    private final @Nullable String basePoint;
    private final RemoteVolume volume;
    private final int blockSize;
    private final BlockScanner scanner;
    private final VolumeWriter writer;
    private final DiskCounters counters;
    private final HeadDigests digests;

    StoredHead(
            String disk,
            @Nullable String basePoint,
            RemoteVolume volume,
            int blockSize,
            HeadDigests digests,
            BlockScanner scanner,
            VolumeWriter writer,
            DiskCounters counters) {
        this.disk = disk;
        this.basePoint = basePoint;
        this.volume = volume;
        this.blockSize = blockSize;
        this.digests = digests;
        this.scanner = scanner;
        this.writer = writer;
        this.counters = counters;
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
        HeadComparison comparison = new HeadComparison(
                new HeadCursor(digests, scan.scope(), blockSize),
                scope(scan),
                new DeferringSink(
                        deferral, new SendingSink(digests, writer, volume.sizeBytes(), blockSize), blockSize));
        ScanCost cost = scanner.scan(scan, comparison);
        long changed = comparison.finish();
        writer.drain();
        counters.addScanned(cost.bytesRead());
        return new PassResult(changed, cost);
    }

    @Override
    public HeldChanges hold(Scan scan, HoldBudget budget) throws IOException {
        HoldingSink sink = new HoldingSink(budget, blockSize);
        HeadComparison comparison =
                new HeadComparison(new HeadCursor(digests, scan.scope(), blockSize), scope(scan), sink);
        ScanCost cost = scanner.scan(scan, comparison);
        long changed = comparison.finish();
        counters.addScanned(cost.bytesRead());
        return new Changes(changed, new HeldSet(sink, volume.sizeBytes()));
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
                held.putDigests(digests);
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
        application.putDigests(digests);
        return applied;
    }

    private static BlockScope scope(Scan scan) {
        return new BlockScope(scan.scope(), scan.blockSize());
    }

    HeadDigests digests() {
        return digests;
    }

    RemoteVolume volume() {
        return volume;
    }

    DiskCounters counters() {
        return counters;
    }
}
