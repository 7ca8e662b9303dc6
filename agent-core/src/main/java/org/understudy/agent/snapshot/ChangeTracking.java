package org.understudy.agent.snapshot;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.core.extent.ExtentSet;

/** Knows what was written to the disks of this host. Adapter: eBPF on Linux; a fake for tests. Thread-safe. */
public interface ChangeTracking {

    /** The tracking of a disk; begins it if it is not there and can be. Never throws for what a host lacks. */
    Answer of(ProtectedDisk disk);

    /** Whether a disk is tracked. */
    sealed interface Answer permits Tracked, Untracked {}

    /** It is, from now on at the latest. */
    record Tracked(DiskChanges changes) implements Answer {}

    /**
     * It is not.
     *
     * @param reason half a sentence
     */
    record Untracked(String reason) implements Answer {}

    /** What was written to one disk. Used by one thread. */
    interface DiskChanges extends AutoCloseable {

        /**
         * What was written since a point was made. If that is not known, tracking begins anew with this call.
         *
         * @param point the point that the head equals, or null if there is none
         */
        Since since(@Nullable String point) throws IOException;

        /**
         * What was written since the last call of this, and perhaps more; the first call after {@link #since} has at least what was
         * written since that. What a reader could see before this call is in this answer or an earlier one; what it could not is in a
         * later one. Writes and logs nothing, so it may be called while file systems are frozen.
         */
        ExtentSet cut() throws IOException;

        /** What was written since the last call of {@link #cut}, by the same rule. It will be in the next answer of that, too. */
        ExtentSet look() throws IOException;

        /** Why the answers since the base may be incomplete, half a sentence each. Writes and logs nothing. */
        List<String> doubts() throws IOException;

        /**
         * The head as of the last {@link #cut} became a point: what was written before is forgotten.
         *
         * @param used used space of the disk as the head has it
         */
        void commit(String point, ExtentSet used) throws IOException;

        /** Lets go; tracking goes on. */
        @Override
        void close();
    }

    /** Answer to {@link DiskChanges#since}. */
    sealed interface Since permits Known, Unknown {}

    /**
     * It is known.
     *
     * @param written every byte that may differ, and perhaps others
     * @param used used space at the point
     */
    record Known(ExtentSet written, ExtentSet used) implements Since {}

    /**
     * It is not known.
     *
     * @param reason half a sentence
     */
    record Unknown(String reason) implements Since {}
}
