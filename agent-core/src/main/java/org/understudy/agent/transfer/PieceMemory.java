package org.understudy.agent.transfer;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.understudy.agent.snapshot.DiskHead;
import org.understudy.agent.snapshot.HeldPieces;
import org.understudy.agent.snapshot.HoldBudget;

/** Memory for pieces, in slots of one piece each, outside of the Java heap. Neighbouring slots are mostly neighbours in memory. Not thread-safe. */
final class PieceMemory {

    private static final int SLAB_SLOTS = 64;

    /** Rough size of what is remembered of a piece besides its content. */
    private static final int SLOT_OVERHEAD = 96;

    private final HoldBudget budget;
    private final List<ByteBuffer> slabs = new ArrayList<>();
    private final Deque<Integer> free = new ArrayDeque<>();
    private int used;

    PieceMemory(HoldBudget budget) {
        this.budget = budget;
    }

    /** A slot; its content is whatever was there. */
    int take() throws DiskHead.HoldOverflowException {
        Integer again = free.poll();
        if (again != null) {
            return again;
        }
        if (used == slabs.size() * SLAB_SLOTS) {
            budget.take(SLAB_SLOTS * SLOT_OVERHEAD);
            // One piece more than is used, for the alignment that direct reads want.
            slabs.add(budget.allocate((SLAB_SLOTS + 1) * HeldPieces.PIECE_BYTES).alignedSlice(HeldPieces.PIECE_BYTES));
        }
        return used++;
    }

    /** Memory beside the slots, released with them. */
    ByteBuffer scratch(int bytes) {
        return budget.scratch(bytes + HeldPieces.PIECE_BYTES).alignedSlice(HeldPieces.PIECE_BYTES);
    }

    void give(int slot) {
        free.push(slot);
    }

    /** Whether {@code slot} and the one after it are neighbours in memory. */
    static boolean isFollowed(int slot) {
        return (slot + 1) % SLAB_SLOTS != 0;
    }

    /** Where the slot lies. */
    ByteBuffer slab(int slot) {
        return slabs.get(slot / SLAB_SLOTS);
    }

    /** Index of the slot's first byte in its slab. */
    static int index(int slot) {
        return slot % SLAB_SLOTS * HeldPieces.PIECE_BYTES;
    }

    /** A view of some bytes from the beginning of a slot on. */
    ByteBuffer view(int slot, int bytes) {
        return slab(slot).slice(index(slot), bytes);
    }
}
