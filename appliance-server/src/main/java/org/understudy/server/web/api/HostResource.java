package org.understudy.server.web.api;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.fleet.ProtectedHost;

/**
 * A protected host.
 *
 * @param policyId null: only runs by hand
 * @param facts what the agent reported last, or null
 */
public record HostResource(
        String id,
        String name,
        boolean connected,
        boolean retired,
        @Nullable Instant lastSeen,
        Instant enrolledAt,
        String agentVersion,
        @Nullable String policyId,
        List<DiskResource> disks,
        @Nullable HostFacts facts) {

    /** A disk that runs protect if selected. */
    public record DiskResource(int number, String key, boolean selected) {}

    static HostResource of(ProtectedHost host) {
        return new HostResource(
                host.id().toString(),
                host.name(),
                host.connected(),
                host.retired(),
                host.lastSeen().orElse(null),
                host.enrolledAt(),
                host.agentVersion(),
                host.policy().map(Object::toString).orElse(null),
                host.disks().stream()
                        .map(disk -> new DiskResource(disk.number(), disk.key(), disk.selected()))
                        .toList(),
                host.facts().orElse(null));
    }
}
