package org.understudy.server.fleet.port;

import java.math.BigInteger;
import org.understudy.server.kernel.HostId;

/**
 * Which host a request of the agent port comes from, proven by its certificate.
 *
 * @param serial serial number of that certificate
 */
public record AgentPeer(HostId host, BigInteger serial) {

    /** Name of the request attribute that holds the peer. */
    public static final String ATTRIBUTE = "org.understudy.agent.peer";
}
