package org.understudy.agent.transfer;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import org.understudy.agent.snapshot.HeldPieces;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.extent.Extent;

/** One block of the head on its way to new content: the rest of it, wherever that comes from, with the pieces over it. Used by one thread. */
final class PieceBlock {

    private final long block;
    private final long offset;
    private final int length;
    private final BlockDigest head;
    private final StoredPieces pieces;
    private final ByteBuffer content;

    /** Which pieces of the block are held, with content or without. */
    private final BitSet held = new BitSet();

    /** Whether {@link #content} is what the LUN holds, before the pieces are put in. */
    private boolean fromLun;

    /**
     * @param head digest of what the LUN holds
     * @param content memory for the block
     * @param cleared numbers of pieces without anything used; asked in ascending order
     */
    PieceBlock(
            long block,
            int blockSize,
            long diskBytes,
            BlockDigest head,
            StoredPieces pieces,
            BlockRanges cleared,
            ByteBuffer content) {
        this.block = block;
        offset = block * blockSize;
        length = (int) Math.min(blockSize, diskBytes - offset);
        this.head = head;
        this.pieces = pieces;
        this.content = content.slice(0, length);
        for (int at = 0; at < length; at += HeldPieces.PIECE_BYTES) {
            long piece = StoredPieces.number(offset + at);
            held.set(
                    at / HeldPieces.PIECE_BYTES,
                    cleared.contains(piece) || pieces.slots().containsKey(piece));
        }
        if (head.isZeroBlock()) {
            fromLun = true;
            zero(0, length);
        }
    }

    long block() {
        return block;
    }

    /** Digest of what the LUN held before. */
    BlockDigest head() {
        return head;
    }

    Extent extent() {
        return new Extent(offset, length);
    }

    /** Whether a part of the block is in none of the pieces and is not known otherwise. */
    boolean lacksRest() {
        int count = (length + HeldPieces.PIECE_BYTES - 1) / HeldPieces.PIECE_BYTES;
        return !head.isZeroBlock() && held.cardinality() < count;
    }

    /** Whether an extent touches a part that is in none of the pieces. */
    boolean restTouches(Extent extent) {
        long from = Math.max(extent.offset(), offset);
        long to = Math.min(extent.end(), offset + length);
        if (from >= to) {
            return false;
        }
        int first = (int) (from - offset) / HeldPieces.PIECE_BYTES;
        int last = (int) (to - 1 - offset) / HeldPieces.PIECE_BYTES;
        return held.nextClearBit(first) <= last;
    }

    /** Where the rest is read to; all of it is overwritten by what is read, and the pieces are put in later. */
    ByteBuffer target() {
        return content.duplicate();
    }

    /** The part of the disk is not used, so that it counts as zero. */
    void blank(Extent unused) {
        int from = (int) (Math.max(unused.offset(), offset) - offset);
        int to = (int) (Math.min(unused.end(), offset + length) - offset);
        zero(from, to - from);
    }

    /** Reads what the LUN holds. */
    CompletableFuture<Void> readFromLun(VolumeWriter volume) {
        fromLun = true;
        return volume.read(offset, content.duplicate());
    }

    /** Whether what was read from the LUN, if it was, is what the head says. */
    boolean isSound() {
        return !fromLun || head.isZeroBlock() || BlockDigest.of(content).equals(head);
    }

    /** Puts the pieces in and sends those that may differ. Returns the new digest, which is the head's if nothing changed. */
    BlockDigest apply(VolumeWriter volume) {
        BitSet changed = new BitSet();
        for (int at = 0; at < length; at += HeldPieces.PIECE_BYTES) {
            if (held.get(at / HeldPieces.PIECE_BYTES) && put(at)) {
                changed.set(at / HeldPieces.PIECE_BYTES);
            }
        }
        BlockDigest now = BlockDigest.of(content);
        if (!now.equals(head)) {
            changed.stream().forEach(index -> send(index * HeldPieces.PIECE_BYTES, volume));
        }
        return now;
    }

    /** Puts one piece in; returns whether it may differ from what the LUN holds. */
    private boolean put(int at) {
        int bytes = Math.min(HeldPieces.PIECE_BYTES, length - at);
        Integer slot = pieces.slots().get(StoredPieces.number(offset + at));
        if (slot == null) {
            boolean differs = !fromLun || !BlockDigest.isZero(content.slice(at, bytes));
            zero(at, bytes);
            return differs;
        }
        ByteBuffer piece = pieces.memory().view(slot, bytes);
        boolean differs = !fromLun || content.slice(at, bytes).mismatch(piece) >= 0;
        content.put(at, piece, 0, bytes);
        return differs;
    }

    private void zero(int at, int bytes) {
        for (int i = at; i < at + bytes; i++) {
            content.put(i, (byte) 0);
        }
    }

    private void send(int at, VolumeWriter volume) {
        int bytes = Math.min(HeldPieces.PIECE_BYTES, length - at);
        Integer slot = pieces.slots().get(StoredPieces.number(offset + at));
        if (slot == null || BlockDigest.isZero(content.slice(at, bytes))) {
            if (!head.isZeroBlock()) {
                volume.clear(offset + at, bytes);
            }
        } else {
            volume.write(offset + at, pieces.memory().slab(slot), PieceMemory.index(slot), bytes);
        }
    }
}
