package org.understudy.agent.transfer;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.scan.BlockScanner;
import org.understudy.agent.scan.PieceRead;
import org.understudy.agent.scan.ScanCost;
import org.understudy.agent.snapshot.DiskHead;
import org.understudy.agent.snapshot.HeldPieces;
import org.understudy.agent.snapshot.HoldBudget;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * Pieces by their number on the disk: those with something used have a slot of memory with normalised content, those without are ranges
 * only. Used by one thread.
 */
final class StoredPieces implements HeldPieces {

    private final String disk;
    private final DiskReader reader;
    private final BlockScanner scanner;
    private final int sectorSize;
    private final PieceMemory memory;
    private final NavigableMap<Long, Integer> slots = new TreeMap<>();
    private final DiskCounters counters;
    private final Application application;
    private ExtentSet cleared = ExtentSet.empty();
    private ExtentSet lastUsed = ExtentSet.empty();

    /** Makes pieces part of a head. */
    interface Application {
        Applied apply(StoredPieces pieces, Later later) throws IOException;
    }

    /**
     * @param sectorSize bytes of a LUN block, to which used extents are grown
     */
    StoredPieces(
            String disk,
            DiskReader reader,
            BlockScanner scanner,
            int sectorSize,
            HoldBudget budget,
            DiskCounters counters,
            Application application) {
        this.disk = disk;
        this.reader = reader;
        this.scanner = scanner;
        this.sectorSize = sectorSize;
        this.counters = counters;
        this.application = application;
        memory = new PieceMemory(budget);
    }

    @Override
    public ScanCost read(ExtentSet scope, ExtentSet used, Runnable guard) throws IOException {
        long size = reader.sizeBytes();
        ExtentSet pieces = scope.alignedTo(PIECE_BYTES, size);
        lastUsed = used;
        ExtentSet counted = used.intersect(pieces).alignedTo(sectorSize, size);
        ExtentSet filled = counted.alignedTo(PIECE_BYTES, size);
        ExtentSet empty = pieces.subtract(filled);
        for (Extent extent : empty.extents()) {
            forget(extent);
        }
        cleared = cleared.union(empty).subtract(filled);
        List<PieceRead> reads = new ArrayList<>();
        for (Extent extent : filled.extents()) {
            plan(extent, reads);
        }
        ScanCost cost = scanner.read(disk, reader, reads, guard);
        counters.addScanned(cost.bytesRead());
        for (Extent unused : filled.subtract(counted).extents()) {
            blank(unused);
        }
        return cost;
    }

    private void forget(Extent extent) {
        var gone = slots.subMap(extent.offset() / PIECE_BYTES, number(extent.end() - 1) + 1);
        gone.values().forEach(memory::give);
        gone.clear();
    }

    /** One read for each run of pieces whose slots are neighbours. */
    private void plan(Extent extent, List<PieceRead> reads) throws DiskHead.HoldOverflowException {
        long start = extent.offset();
        int first = -1;
        int last = -1;
        for (long offset = extent.offset(); offset < extent.end(); offset += PIECE_BYTES) {
            int slot = slotOf(number(offset));
            if (first >= 0 && !(slot == last + 1 && PieceMemory.isFollowed(last))) {
                reads.add(new PieceRead(start, memory.view(first, (int) (offset - start))));
                first = -1;
            }
            if (first < 0) {
                first = slot;
                start = offset;
            }
            last = slot;
        }
        reads.add(new PieceRead(start, memory.view(first, (int) (extent.end() - start))));
    }

    private int slotOf(long piece) throws DiskHead.HoldOverflowException {
        Integer known = slots.get(piece);
        if (known != null) {
            return known;
        }
        int slot = memory.take();
        slots.put(piece, slot);
        return slot;
    }

    /** Zeros what lies in pieces and is not used. */
    private void blank(Extent unused) {
        for (long at = unused.offset(); at < unused.end(); ) {
            long pieceEnd = Math.min(unused.end(), (number(at) + 1) * PIECE_BYTES);
            Integer slot = slots.get(number(at));
            if (slot == null) {
                throw new IllegalStateException("no slot for the piece at " + at);
            }
            Zeros.put(memory.view(slot, PIECE_BYTES), (int) (at % PIECE_BYTES), (int) (pieceEnd - at));
            at = pieceEnd;
        }
    }

    static long number(long offset) {
        return offset / PIECE_BYTES;
    }

    @Override
    public Applied apply(Later later) throws IOException {
        return application.apply(this, later);
    }

    /** What counted as used of the disk in the last reading, in whole LUN blocks. */
    ExtentSet used() {
        return lastUsed.alignedTo(sectorSize, reader.sizeBytes());
    }

    /** Reads whole blocks of the disk as they are now. */
    void readNow(List<PieceRead> reads, Runnable guard) {
        counters.addScanned(scanner.read(disk, reader, reads, guard).bytesRead());
    }

    /** Numbers of the pieces with content, with their slots, ascending. */
    NavigableMap<Long, Integer> slots() {
        return slots;
    }

    /** Pieces that hold nothing used. */
    ExtentSet cleared() {
        return cleared;
    }

    PieceMemory memory() {
        return memory;
    }
}
