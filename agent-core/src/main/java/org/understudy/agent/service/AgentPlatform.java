package org.understudy.agent.service;

import java.util.List;
import org.understudy.agent.hooks.BackupHooks;
import org.understudy.agent.run.AgentHost;
import org.understudy.agent.snapshot.SnapshotSource;

/**
 * What differs from one operating system to another.
 *
 * @param operatingSystem name for people
 * @param version version of the agent
 * @param capabilities what this agent can do beyond the protocol's minimum
 * @param readers threads that read and digest
 */
public record AgentPlatform(
        AgentHost host,
        SnapshotSource source,
        BackupHooks hooks,
        String operatingSystem,
        String version,
        List<String> capabilities,
        int readers) {

    public AgentPlatform {
        capabilities = List.copyOf(capabilities);
    }
}
