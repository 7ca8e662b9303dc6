package org.understudy.agent.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.understudy.agent.scan.PieceRead;
import org.understudy.agent.snapshot.HeldPieces;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.DigestReader;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * Brings a LUN from its head to the pieces over it. A block of which only some pieces are held is completed from the disk, if nobody wrote its rest
 * since the pieces were read; else from the LUN itself, which holds the rest as it was last read, and the head's digest proves that it
 * does. Used by one thread, for one set of pieces.
 */
final class PieceApplication {

    /** Blocks that are completed at a time. */
    private static final int BATCH = 32;

    /** Stands for a block of which nobody knows what the LUN holds; equals no digest of content. */
    static final BlockDigest UNKNOWN = unknown();

    private final StoredPieces pieces;
    private final HeldPieces.Later later;
    private final ExtentSet used;
    private final VolumeWriter volume;
    private final long diskBytes;
    private final int blockSize;
    private final List<ByteBuffer> buffers = new ArrayList<>();
    private final List<DigestReader.Entry> digests = new ArrayList<>();
    private final List<Extent> damaged = new ArrayList<>();
    private final BlockRanges clearedPieces;
    private long changedBlocks;
    private boolean diskIsQuiet = true;

    PieceApplication(StoredPieces pieces, HeldPieces.Later later, VolumeWriter volume, long diskBytes, int blockSize) {
        this.pieces = pieces;
        this.later = later;
        used = pieces.used();
        this.volume = volume;
        this.diskBytes = diskBytes;
        this.blockSize = blockSize;
        clearedPieces = new BlockRanges(ranges(pieces.cleared(), HeldPieces.PIECE_BYTES, false));
    }

    private static BlockDigest unknown() {
        byte[] bytes = new byte[BlockDigest.LENGTH];
        Arrays.fill(bytes, (byte) -1);
        return BlockDigest.ofBytes(bytes);
    }

    /** Sends; {@link #putDigests} is next. All is answered on return. */
    HeldPieces.Applied send(HeadDigests head) throws IOException {
        long[] whole = ranges(pieces.cleared(), blockSize, true);
        BlockRanges cleared = new BlockRanges(whole);
        HeadCursor.Skipped clear = (block, digest) -> {
            if (cleared.contains(block)) {
                clear(block);
            }
        };
        TreeSet<Long> touched = touched(whole);
        HeadCursor cursor = new HeadCursor(head, scope(touched, whole), blockSize);
        List<PieceBlock> batch = new ArrayList<>();
        for (long block : touched) {
            cursor.skipTo(block, clear);
            batch.add(new PieceBlock(
                    block, blockSize, diskBytes, cursor.take(block), pieces, clearedPieces, buffer(batch.size())));
            if (batch.size() == BATCH) {
                apply(batch);
            }
        }
        apply(batch);
        cursor.skipTo(Long.MAX_VALUE, clear);
        volume.drain();
        return new HeldPieces.Applied(changedBlocks, ExtentSet.of(damaged));
    }

    /** Puts the new digests over those of the head. */
    void putDigests(HeadDigests head) throws IOException {
        for (DigestReader.Entry entry : digests) {
            head.put(entry.block(), entry.digest());
        }
    }

    /** The blocks whose digests matter here. */
    private ExtentSet scope(TreeSet<Long> touched, long[] whole) {
        List<Extent> extents = new ArrayList<>();
        for (long block : touched) {
            extents.add(Extent.between(block * blockSize, (block + 1) * blockSize));
        }
        for (int i = 0; i < whole.length; i += 2) {
            extents.add(Extent.between(whole[i] * blockSize, whole[i + 1] * blockSize));
        }
        return ExtentSet.of(extents);
    }

    private ByteBuffer buffer(int index) {
        if (index == buffers.size()) {
            buffers.add(pieces.memory().scratch(blockSize));
        }
        return buffers.get(index);
    }

    private void clear(long block) {
        changedBlocks++;
        digests.add(new DigestReader.Entry(block, BlockDigest.ZERO));
        long offset = block * blockSize;
        volume.clear(offset, Math.min(blockSize, diskBytes - offset));
    }

    private void apply(List<PieceBlock> batch) throws IOException {
        List<PieceBlock> lacking = batch.stream().filter(PieceBlock::lacksRest).toList();
        Set<PieceBlock> busy = lacking.isEmpty() ? Set.of() : completeFromDisk(lacking);
        List<CompletableFuture<Void>> reads = new ArrayList<>();
        for (PieceBlock block : batch) {
            reads.add(busy.contains(block) ? block.readFromLun(volume) : CompletableFuture.completedFuture(null));
        }
        for (int i = 0; i < batch.size(); i++) {
            PieceBlock block = batch.get(i);
            volume.await(reads.get(i));
            if (block.isSound()) {
                BlockDigest before = block.head();
                BlockDigest now = block.apply(volume);
                if (!now.equals(before)) {
                    changedBlocks++;
                    digests.add(new DigestReader.Entry(block.block(), now));
                }
            } else {
                long offset = block.block() * blockSize;
                damaged.add(Extent.between(offset, Math.min(diskBytes, offset + blockSize)));
                digests.add(new DigestReader.Entry(block.block(), UNKNOWN));
            }
        }
        batch.clear();
        // What is sent lies in memory that stays; only failures are of interest before the end.
        CompletableFuture<Void> unused = volume.endBatch();
    }

    /** Returns the blocks that could not be completed, because their rest was written since or may have been. */
    private Set<PieceBlock> completeFromDisk(List<PieceBlock> blocks) throws IOException {
        if (!diskIsQuiet) {
            return Set.copyOf(blocks);
        }
        List<PieceRead> reads = blocks.stream()
                .map(block -> new PieceRead(block.extent().offset(), block.target()))
                .toList();
        pieces.readNow(reads, volume::check);
        // Asked after the reading: what the reading could see and is newer than the pieces is in the answer.
        ExtentSet written = later.written();
        if (written == null) {
            diskIsQuiet = false;
            return Set.copyOf(blocks);
        }
        ExtentSet read = ExtentSet.of(blocks.stream().map(PieceBlock::extent).toList());
        Set<PieceBlock> busy = new HashSet<>();
        for (Extent extent : written.intersect(read).extents()) {
            blocks.stream().filter(block -> block.restTouches(extent)).forEach(busy::add);
        }
        for (Extent unused : read.subtract(used).extents()) {
            blocks.stream().filter(block -> block.extent().overlaps(unused)).forEach(block -> block.blank(unused));
        }
        // On a disk that is written all over, asking costs more than it saves.
        diskIsQuiet = busy.size() * 2 < blocks.size() || blocks.size() < BATCH;
        return busy;
    }

    /** Numbers of the blocks that are not cleared as a whole and have pieces, ascending. */
    private TreeSet<Long> touched(long[] whole) {
        TreeSet<Long> blocks = new TreeSet<>();
        pieces.slots().keySet().forEach(piece -> blocks.add(piece * HeldPieces.PIECE_BYTES / blockSize));
        BlockRanges cleared = new BlockRanges(whole);
        for (Extent extent : pieces.cleared().extents()) {
            for (long edge : List.of(extent.offset() / blockSize, (extent.end() - 1) / blockSize)) {
                if (!cleared.contains(edge)) {
                    blocks.add(edge);
                }
            }
        }
        return blocks;
    }

    /** Units of some bytes that the extents cover, wholly or in part; the last unit of the disk may be short. */
    private long[] ranges(ExtentSet extents, int unit, boolean wholly) {
        long[] ranges = new long[extents.extents().size() * 2];
        int length = 0;
        for (Extent extent : extents.extents()) {
            long first = wholly ? (extent.offset() + unit - 1) / unit : extent.offset() / unit;
            long end = !wholly || extent.end() == diskBytes ? (extent.end() + unit - 1) / unit : extent.end() / unit;
            if (first < end) {
                ranges[length++] = first;
                ranges[length++] = end;
            }
        }
        return Arrays.copyOf(ranges, length);
    }
}
