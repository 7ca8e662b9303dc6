package org.understudy.server.fleet;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;

/**
 * A machine that this appliance protects.
 *
 * @param name chosen by an administrator, first the host's own name
 * @param policy the policy that governs it; empty: only runs by hand
 * @param facts what the agent reported last; empty until it connected once, or after the catalogue was rebuilt
 * @param disks every disk that was ever selected, with its number
 * @param connected whether the agent is connected now
 * @param lastSeen when the agent was last heard of
 * @param retired its certificate is no longer accepted; points stay
 */
public record ProtectedHost(
        HostId id,
        String name,
        Optional<PolicyId> policy,
        Optional<HostFacts> facts,
        List<ProtectedDisk> disks,
        boolean connected,
        Optional<Instant> lastSeen,
        Instant enrolledAt,
        String agentVersion,
        boolean retired) {

    /**
     * A disk of the host and its number in the pool.
     *
     * @param key the agent's name of the disk
     * @param selected whether runs protect it
     */
    public record ProtectedDisk(int number, String key, boolean selected) {}
}
