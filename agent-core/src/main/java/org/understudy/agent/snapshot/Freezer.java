package org.understudy.agent.snapshot;

import java.time.Duration;
import java.util.List;

/**
 * Holds file systems still. The contract is about never leaving one frozen: {@link #prepare} brings an outside watchdog into
 * position that thaws when the limit passes or this process dies. Adapters: FIFREEZE on Linux; a fake for tests.
 */
public interface Freezer {

    /**
     * Opens all file systems and arms nothing yet. May log, start programs and take seconds.
     *
     * @param mounts in the order of mounting; duplicates of one file system are frozen once
     * @param limit longest time that a file system may stay frozen
     * @throws org.understudy.core.problem.ProblemException {@code FREEZE_FAILED} if freezing is not possible here
     */
    Hold prepare(List<FileSystemMount> mounts, Duration limit);

    /** File systems that are ready to be frozen. Used by one thread. */
    interface Hold extends AutoCloseable {

        /** Has the file systems write what they hold in memory, so that the freeze is short. */
        void sync();

        /**
         * Arms the watchdog and freezes all in reverse order. If one fails, those that were frozen are thawed before this
         * throws. A file system of a kind that the kernel cannot freeze (vfat) is synced while the others are frozen.
         *
         * @return the mounts that could only be synced
         * @throws org.understudy.core.problem.ProblemException {@code FREEZE_FAILED}
         */
        List<FileSystemMount> freeze();

        /**
         * Thaws all and disarms the watchdog. Never throws; writes nothing before all are thawed.
         *
         * @return whether every file system was frozen without interruption since {@link #freeze}
         */
        boolean thaw();

        /** Thaws if that was not done, and closes all. */
        @Override
        void close();
    }
}
