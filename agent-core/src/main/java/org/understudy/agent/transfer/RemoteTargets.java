package org.understudy.agent.transfer;

import org.understudy.core.protocol.ServerMessage.DataTarget;

/** Where LUNs are found. Adapters: {@link IscsiTargets}; one in memory for tests. Thread-safe. */
public interface RemoteTargets {

    /**
     * Logs in to the target of a run.
     *
     * @throws org.understudy.core.problem.ProblemException {@code ISCSI_LOGIN_REFUSED} or {@code ISCSI_CONNECTION_LOST}
     */
    RemoteSession login(DataTarget target);

    /** A session with one target. Thread-safe. */
    interface RemoteSession extends AutoCloseable {

        /**
         * A LUN of the target.
         *
         * @throws org.understudy.core.problem.ProblemException {@code ISCSI_IO_FAILED} if it is not there
         */
        RemoteVolume volume(int lun);

        /** Logs out. Work in flight may fail. Idempotent, never throws. */
        @Override
        void close();
    }
}
