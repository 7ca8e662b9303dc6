package org.understudy.iscsi.initiator;

import java.util.List;
import org.understudy.iscsi.IscsiException;

/**
 * A session with one target: one connection, many commands in flight. Thread-safe; closing logs out.
 */
public final class IscsiSession implements AutoCloseable {

    private IscsiSession() {}

    /**
     * Connects, negotiates and logs in.
     *
     * @throws IscsiException.LoginRefused if the target says no
     * @throws IscsiException.ConnectionLost if it cannot be reached or does not answer in time
     */
    public static IscsiSession login(SessionConfig config) throws IscsiException {
        throw new UnsupportedOperationException("login to " + config.targetName());
    }

    /**
     * Asks a portal for its targets in a discovery session.
     *
     * @param config its target name is not used
     */
    public static List<DiscoveredTarget> discover(SessionConfig config) throws IscsiException {
        throw new UnsupportedOperationException("discovery at " + config.address());
    }

    /** Logical unit numbers of the target, ascending. */
    public List<Integer> luns() throws IscsiException {
        throw new UnsupportedOperationException();
    }

    /**
     * A logical unit as a disk. Reads its capacity.
     *
     * @throws IscsiException.CommandFailed if there is no such unit
     */
    public RemoteDisk disk(int lun) throws IscsiException {
        throw new UnsupportedOperationException("LUN " + lun);
    }

    /** Waits for commands in flight, logs out and disconnects. Never throws; idempotent. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
