package org.understudy.server.fleet;

import java.util.Optional;
import org.understudy.core.protocol.OwnHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;

/**
 * Runs that a host asks for itself. Implemented by the module that owns runs; the gateway proves who the host is and how often it
 * may ask. Thread-safe.
 */
public interface HostRuns {

    /**
     * Asks for a run of the host now.
     *
     * @throws org.understudy.core.problem.ProblemException {@code RUN_IN_PROGRESS}, {@code AGENT_OFFLINE}
     */
    RunId start(HostId host);

    /**
     * A run of the host.
     *
     * @throws org.understudy.core.problem.ProblemException {@code RUN_UNKNOWN}; {@code FOREIGN_HOST} if it is another host's
     */
    OwnHost.Run run(HostId host, RunId run);

    /** The newest run of the host, whoever asked for it. */
    Optional<OwnHost.Run> newest(HostId host);
}
