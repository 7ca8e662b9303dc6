package org.understudy.server.fleet;

import org.understudy.core.problem.Problem;
import org.understudy.server.kernel.HostId;

/** What happened in the fleet; published as Spring application events. */
public sealed interface FleetEvents {

    /** A host joined, or a known machine joined again as the same host with a new certificate. */
    record HostEnrolled(HostId host, String name) implements FleetEvents {}

    record AgentConnected(HostId host) implements FleetEvents {}

    record AgentDisconnected(HostId host, String reason) implements FleetEvents {}

    /** Somebody was turned away: wrong token, foreign certificate, retired host, another host's data. */
    record PeerRefused(String peerAddress, Problem problem) implements FleetEvents {}

    record HostRetired(HostId host) implements FleetEvents {}
}
