package org.understudy.agent.snapshot;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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

    /** Which part of the disk may differ from the head, with the used space as it was last read. */
    ExtentSet scope() {
        ExtentSet now = viewed.used();
        return pending.union(now.subtract(usedInHead)).union(usedInHead.subtract(now));
    }

    /** Bytes that reading the scope would read now. */
    long bytesToRead(DiskHead head) {
        ExtentSet blocks = scope().alignedTo(head.blockSize(), viewed.sizeBytes());
        return viewed.used().intersect(blocks).totalBytes();
    }

    /** The head has all of the scope now. */
    void absorbed() {
        pending = ExtentSet.empty();
        usedInHead = viewed.used();
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
