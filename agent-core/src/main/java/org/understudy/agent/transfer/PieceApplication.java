package org.understudy.agent.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
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

    /** Blocks that are in memory at a time. */
    private static final int BATCH = 16;

    /** Blocks after whose reading it is asked once what was written meanwhile: asking looks at all marks of the disk. */
    private static final int GROUP = 256;

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
        List<PieceBlock> group = new ArrayList<>();
        for (long block : touched) {
            cursor.skipTo(block, clear);
            group.add(new PieceBlock(block, blockSize, diskBytes, cursor.take(block), pieces, clearedPieces));
            if (group.size() == GROUP) {
                apply(group);
            }
        }
        apply(group);
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

    private void apply(List<PieceBlock> group) throws IOException {
        Set<PieceBlock> fromLun = new LinkedHashSet<>();
        List<Extent> free = extents(group).subtract(used).extents();
        for (int at = 0; at < group.size(); at += BATCH) {
            fromLun.addAll(completeFromDisk(group.subList(at, Math.min(group.size(), at + BATCH)), free));
        }
        fromLun.addAll(writtenSince(group, fromLun));
        List<PieceBlock> again = new ArrayList<>(fromLun);
        for (int at = 0; at < again.size(); at += BATCH) {
            completeFromLun(again.subList(at, Math.min(again.size(), at + BATCH)));
        }
        for (PieceBlock block : group) {
            if (!block.isSound()) {
                damaged.add(block.extent());
                digests.add(new DigestReader.Entry(block.block(), UNKNOWN));
            } else if (block.isChanged()) {
                changedBlocks++;
                digests.add(new DigestReader.Entry(block.block(), block.digest()));
                block.send(volume);
            }
        }
        group.clear();
        // What is sent lies in memory that stays; only failures are of interest before the end.
        CompletableFuture<Void> unused = volume.endBatch();
    }

    private static ExtentSet extents(List<PieceBlock> blocks) {
        return ExtentSet.of(blocks.stream().map(PieceBlock::extent).toList());
    }

    /** Completes blocks by what the disk has now. Returns those that are not complete, because the disk is not asked any more. */
    private List<PieceBlock> completeFromDisk(List<PieceBlock> blocks, List<Extent> free) {
        List<PieceBlock> lacking = blocks.stream().filter(PieceBlock::lacksRest).toList();
        List<ByteBuffer> contents = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            contents.add(buffer(i).slice(0, (int) blocks.get(i).extent().length()));
        }
        if (diskIsQuiet && !lacking.isEmpty()) {
            List<PieceRead> reads = new ArrayList<>();
            for (int i = 0; i < blocks.size(); i++) {
                if (blocks.get(i).lacksRest()) {
                    reads.add(new PieceRead(
                            blocks.get(i).extent().offset(), contents.get(i).duplicate()));
                }
            }
            pieces.readNow(reads, volume::check);
        }
        for (int i = 0; i < blocks.size(); i++) {
            PieceBlock block = blocks.get(i);
            if (!block.lacksRest()) {
                block.complete(contents.get(i), PieceBlock.Rest.NONE);
            } else if (diskIsQuiet) {
                for (Extent extent : free) {
                    if (extent.overlaps(block.extent())) {
                        block.blank(contents.get(i), extent);
                    }
                }
                block.complete(contents.get(i), PieceBlock.Rest.DISK);
            }
        }
        return diskIsQuiet ? List.of() : lacking;
    }

    /** Blocks whose rest was read from the disk and was written since the pieces were read, or may have been. */
    private List<PieceBlock> writtenSince(List<PieceBlock> group, Set<PieceBlock> others) throws IOException {
        List<PieceBlock> read = group.stream()
                .filter(block -> block.lacksRest() && !others.contains(block))
                .toList();
        if (read.isEmpty()) {
            return read;
        }
        // Asked after the reading: what the reading could see and is newer than the pieces is in the answer.
        ExtentSet written = later.written();
        if (written == null) {
            diskIsQuiet = false;
            return read;
        }
        Set<PieceBlock> busy = new LinkedHashSet<>();
        for (Extent extent : written.intersect(extents(read)).extents()) {
            read.stream().filter(block -> block.restTouches(extent)).forEach(busy::add);
        }
        // On a disk that is written all over, reading it costs more than it saves.
        diskIsQuiet = busy.size() * 2 < read.size() || read.size() < BATCH;
        return List.copyOf(busy);
    }

    private void completeFromLun(List<PieceBlock> blocks) {
        List<ByteBuffer> contents = new ArrayList<>();
        List<CompletableFuture<Void>> reads = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            Extent extent = blocks.get(i).extent();
            contents.add(buffer(i).slice(0, (int) extent.length()));
            reads.add(volume.read(extent.offset(), contents.get(i).duplicate()));
        }
        for (int i = 0; i < blocks.size(); i++) {
            volume.await(reads.get(i));
            blocks.get(i).complete(contents.get(i), PieceBlock.Rest.LUN);
        }
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
