package org.understudy.agent.transfer;

import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.snapshot.HeldPieces;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.extent.Extent;

/**
 * One block of the head on its way to new content: the rest of it, wherever that comes from, with the pieces over it. What is kept of the content is its
 * digest and which pieces it changes; the pieces themselves stay where they are. Used by one thread.
 */
final class PieceBlock {

    private final long block;
    private final long offset;
    private final int length;
    private final BlockDigest head;
    private final StoredPieces pieces;

    /** Which pieces of the block are held, with content or without. */
    private final BitSet held = new BitSet();

    /** Held pieces that may differ from what the LUN holds. */
    private BitSet changed = new BitSet();

    /** Held pieces that are all zeros. */
    private BitSet zeros = new BitSet();

    /** Null if the block is not complete, or what was to complete it is not what the head says. */
    private @Nullable BlockDigest digest;

    /** Where the part of a block comes from that is in none of its pieces. */
    enum Rest {
        /** There is none, or it is zeros, as the head says. */
        NONE,
        /** The disk, which nobody wrote there since the pieces were read. */
        DISK,
        /** The LUN, whose content the head's digest proves. */
        LUN
    }

    /**
     * @param head digest of what the LUN holds
     * @param cleared numbers of pieces without anything used; asked in ascending order
     */
    PieceBlock(long block, int blockSize, long diskBytes, BlockDigest head, StoredPieces pieces, BlockRanges cleared) {
        this.block = block;
        offset = block * blockSize;
        length = (int) Math.min(blockSize, diskBytes - offset);
        this.head = head;
        this.pieces = pieces;
        for (int at = 0; at < length; at += HeldPieces.PIECE_BYTES) {
            long piece = StoredPieces.number(offset + at);
            held.set(
                    at / HeldPieces.PIECE_BYTES,
                    cleared.contains(piece) || pieces.slots().containsKey(piece));
        }
    }

    long block() {
        return block;
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

    /** The part of the disk is not used, so that it counts as zero. */
    void blank(ByteBuffer content, Extent unused) {
        int from = (int) (Math.max(unused.offset(), offset) - offset);
        int to = (int) (Math.min(unused.end(), offset + length) - offset);
        Zeros.put(content, from, to - from);
    }

    /**
     * Puts the pieces over the rest and learns what comes of it. May be called again with a rest from elsewhere.
     *
     * @param content the block's bytes, of which those in no piece are the rest; overwritten
     */
    void complete(ByteBuffer content, Rest rest) {
        digest = null;
        changed = new BitSet();
        zeros = new BitSet();
        boolean asHead = rest == Rest.LUN || head.isZeroBlock();
        if (head.isZeroBlock()) {
            Zeros.put(content, 0, length);
        } else if (rest == Rest.LUN && !BlockDigest.of(content).equals(head)) {
            return;
        }
        for (int at = 0; at < length; at += HeldPieces.PIECE_BYTES) {
            int index = at / HeldPieces.PIECE_BYTES;
            if (held.get(index)) {
                changed.set(index, put(content, at, asHead));
                zeros.set(index, BlockDigest.isZero(content.slice(at, bytes(at))));
            }
        }
        digest = BlockDigest.of(content);
    }

    /** Whether the block is complete, and what completed it was what the head says. */
    boolean isSound() {
        return digest != null;
    }

    /** Whether the new content is another one than the head's. */
    boolean isChanged() {
        return !digest().equals(head);
    }

    /** Digest of the new content of a sound block. */
    BlockDigest digest() {
        BlockDigest known = digest;
        if (known == null) {
            throw new IllegalStateException("block " + block + " is not complete");
        }
        return known;
    }

    /** Puts one piece in; returns whether it may differ from what the LUN holds. */
    private boolean put(ByteBuffer content, int at, boolean asHead) {
        int bytes = bytes(at);
        Integer slot = slot(at);
        if (slot == null) {
            boolean differs = !asHead || !BlockDigest.isZero(content.slice(at, bytes));
            Zeros.put(content, at, bytes);
            return differs;
        }
        ByteBuffer piece = pieces.memory().view(slot, bytes);
        boolean differs = !asHead || content.slice(at, bytes).mismatch(piece) >= 0;
        content.put(at, piece, 0, bytes);
        return differs;
    }

    private int bytes(int at) {
        return Math.min(HeldPieces.PIECE_BYTES, length - at);
    }

    private @Nullable Integer slot(int at) {
        return pieces.slots().get(StoredPieces.number(offset + at));
    }

    /** Sends the pieces that may differ. */
    void send(VolumeWriter volume) {
        for (int index = changed.nextSetBit(0); index >= 0; index = changed.nextSetBit(index + 1)) {
            int at = index * HeldPieces.PIECE_BYTES;
            Integer slot = slot(at);
            if (slot != null && !zeros.get(index)) {
                volume.write(offset + at, pieces.memory().slab(slot), PieceMemory.index(slot), bytes(at));
            } else if (!head.isZeroBlock()) {
                volume.clear(offset + at, bytes(at));
            }
        }
    }
}
