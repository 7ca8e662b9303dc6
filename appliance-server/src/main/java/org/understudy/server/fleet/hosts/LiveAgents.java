package org.understudy.server.fleet.hosts;

import java.time.Instant;
import java.util.Optional;
import org.understudy.server.kernel.HostId;

/** The connections of now, as far as the stored hosts need them. Implemented by the gateway. Thread-safe. */
public interface LiveAgents {

    boolean connected(HostId host);

    /** When the connected agent was last heard of; empty if it is not connected. */
    Optional<Instant> lastHeard(HostId host);

    /** Ends the host's connection if there is one. */
    void drop(HostId host, String reason);
}
