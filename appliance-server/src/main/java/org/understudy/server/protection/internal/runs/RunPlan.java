package org.understudy.server.protection.internal.runs;

import java.util.List;
import java.util.Optional;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.ProtectionPolicy;

/**
 * What a run is about, once the host has described itself.
 *
 * @param policy empty: a host without one, run by hand
 * @param base the point that the head equals; empty: all zeros
 */
record RunPlan(
        ProtectedHost host,
        Optional<ProtectionPolicy> policy,
        HostFacts facts,
        List<RunDisk> disks,
        Optional<PointId> base) {

    RunPlan withDisks(List<RunDisk> newDisks) {
        return new RunPlan(host, policy, facts, newDisks, base);
    }
}
