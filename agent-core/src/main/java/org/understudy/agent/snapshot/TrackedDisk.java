package org.understudy.agent.snapshot;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.scan.ScanCost;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * A disk with what may differ from its head: what was written and not read since, and where the used space is another one than the head
 * was made with. Used by one thread.
 */
final class TrackedDisk {

    private static final Logger log = LoggerFactory.getLogger(TrackedDisk.class);

    private final ViewedDisk viewed;
    private final ChangeTracking.DiskChanges changes;
    private ExtentSet pending = ExtentSet.empty();
    private ExtentSet usedInHead = ExtentSet.empty();
    private @Nullable String unknown;
    private boolean passed;

    private @Nullable HeldPieces held;
    private ExtentSet covered = ExtentSet.empty();
    private ExtentSet usedUnderHeld = ExtentSet.empty();
    private boolean passedUnderHeld;

    TrackedDisk(ViewedDisk viewed, ChangeTracking.DiskChanges changes) {
        this.viewed = viewed;
        this.changes = changes;
    }

    /** There is a doubt about the marks; half a sentence. */
    static final class DoubtException extends IOException {

        private static final long serialVersionUID = 1;

        DoubtException(String message) {
            super(message);
        }

        String doubt() {
            return String.valueOf(getMessage());
        }
    }

    ViewedDisk viewed() {
        return viewed;
    }

    /** Begins with what was written since the head's point, or with everything. */
    void begin(DiskHead head) throws IOException {
        ChangeTracking.Since since = changes.since(head.basePoint());
        if (since instanceof ChangeTracking.Known known) {
            pending = known.written();
            usedInHead = known.used();
        } else if (since instanceof ChangeTracking.Unknown nothing) {
            unknown = nothing.reason();
            pending = viewed.whole();
        }
    }

    /** Why the disk is read whole, half a sentence; null if it is not. */
    @Nullable
    String unknown() {
        return unknown;
    }

    /** Whether only what was written is to be read, and not the whole disk because nobody knows what was. */
    boolean isKnown() {
        return unknown == null || passed;
    }

    /** Adds what was written since the last call. Writes nothing. */
    void cut() throws IOException {
        pending = pending.union(changes.cut());
        List<String> doubts = changes.doubts();
        if (!doubts.isEmpty()) {
            throw new DoubtException(viewed.key() + ": " + String.join("; ", doubts));
        }
    }

    /** Whether something was written that was not read since. */
    boolean isPending() {
        return !pending.isEmpty();
    }

    /**
     * Which part of the disk may differ from the head: what was written, and what counts as used in one of them only.
     *
     * @param used what counts as used of the disk now
     */
    ExtentSet scope(ExtentSet used) {
        return pending.union(used.subtract(usedInHead)).union(usedInHead.subtract(used));
    }

    /** Bytes that reading the scope in units of {@code unit} bytes would read now. */
    long bytesToRead(int unit, ExtentSet used) {
        return used.intersect(scope(used).alignedTo(unit, viewed.sizeBytes())).totalBytes();
    }

    /**
     * What counts as used in an unfrozen reading that a frozen one follows. What was just written counts, although its allocation may be
     * recorded in a journal only, and what was used counts on: else the frozen reading, which finds both, would have the first to read.
     * Not if more than {@code most} bytes were written, which is a discard, nor on a disk that is read whole.
     */
    ExtentSet usedOrWritten(long most) {
        return !passed && unknown != null || pending.totalBytes() > most
                ? viewed.used()
                : viewed.used().union(usedInHead).union(pending);
    }

    /** The head, or what is kept in memory over it, has all of the scope now, with these bytes as used. */
    void absorbed(ExtentSet used) {
        if (held != null) {
            covered = covered.union(pending);
        }
        pending = ExtentSet.empty();
        usedInHead = used;
        passed = true;
    }

    /**
     * Cuts the disk into parts with about this many bytes to read each; their edges are edges of blocks.
     *
     * @param unit bytes of a block
     */
    List<Extent> parts(ExtentSet used, int unit, long bytes) {
        List<Extent> parts = new ArrayList<>();
        long size = viewed.sizeBytes();
        long start = 0;
        long gathered = 0;
        ExtentSet read = used.intersect(scope(used).alignedTo(HeldPieces.PIECE_BYTES, size));
        for (Extent extent : read.extents()) {
            for (long at = Math.max(start, extent.offset()); at < extent.end(); ) {
                long step = Math.min(extent.end() - at, bytes - gathered);
                at += step;
                gathered += step;
                if (gathered == bytes) {
                    long cut = Math.min(size, (at + unit - 1) / unit * unit);
                    parts.add(Extent.between(start, cut));
                    start = cut;
                    at = cut;
                    gathered = 0;
                }
            }
        }
        if (start < size) {
            parts.add(Extent.between(start, size));
        }
        return parts;
    }

    /**
     * Brings one part of the head to what the disk has now by way of memory, of which small writes need less than whole blocks would. All is
     * answered on return. Blocks that could not be completed are to be read again, as anything that was not sent.
     *
     * @param part whole blocks
     * @param used what counts as used of the disk now
     */
    ScanCost send(DiskHead head, Extent part, ExtentSet used, HoldBudget budget, Runnable guard) throws IOException {
        ExtentSet here = ExtentSet.of(part);
        HeldPieces pieces = head.pieces(viewed.reader(), budget);
        ScanCost cost = pieces.read(scope(used).intersect(here), used, guard);
        pending = pending.subtract(here);
        usedInHead = usedInHead.subtract(here).union(used.intersect(here));
        apply(pieces);
        return cost;
    }

    /** All parts were sent. */
    void sent() {
        passed = true;
    }

    /** From here on what is absorbed is in memory only. */
    void hold(DiskHead head, HoldBudget budget) {
        held = head.pieces(viewed.reader(), budget);
        covered = ExtentSet.empty();
        usedUnderHeld = usedInHead;
        passedUnderHeld = passed;
    }

    /** Reads the scope into memory, with these bytes as used. Writes and logs nothing. */
    ScanCost readHeld(ExtentSet used, Runnable guard) throws IOException {
        HeldPieces pieces = held;
        if (pieces == null) {
            throw new IllegalStateException("nothing of " + viewed.key() + " is to be held");
        }
        ScanCost cost = pieces.read(scope(used), used, guard);
        absorbed(used);
        return cost;
    }

    /** What is in memory will not become part of the head: all of it is to be read again. Nothing if nothing is held. */
    void forgetHeld() {
        if (held != null) {
            held = null;
            pending = pending.union(covered);
            covered = ExtentSet.empty();
            usedInHead = usedUnderHeld;
            passed = passedUnderHeld;
        }
    }

    /** Makes what is in memory part of the head. Blocks that could not be completed are to be read again; whether there are any is returned. */
    boolean applyHeld() throws IOException {
        HeldPieces pieces = held;
        if (pieces == null) {
            throw new IllegalStateException("nothing of " + viewed.key() + " is held");
        }
        held = null;
        covered = ExtentSet.empty();
        return apply(pieces);
    }

    private boolean apply(HeldPieces pieces) throws IOException {
        HeldPieces.Applied applied = pieces.apply(() -> {
            ExtentSet written = changes.look();
            return changes.doubts().isEmpty() ? written.union(pending) : null;
        });
        if (!applied.damaged().isEmpty()) {
            log.warn(
                    "{}: the appliance's volume does not hold what was written at {}; that is sent again",
                    viewed.key(),
                    applied.damaged());
            pending = pending.union(applied.damaged());
        }
        return applied.damaged().isEmpty();
    }

    /** The head became a point. A tracker that cannot be told so is no fault: the next run finds it tied to another point. */
    void commit(String point) {
        if (isPending()) {
            return;
        }
        try {
            changes.commit(point, usedInHead);
        } catch (IOException e) {
            log.warn("the changes of {} since point {} will not be known: {}", viewed.key(), point, e.toString());
        }
    }

    void close() {
        changes.close();
        viewed.close();
    }
}
