package org.understudy.agent.run;

import java.util.List;
import org.understudy.agent.snapshot.ProtectedDisk;
import org.understudy.core.protocol.HostFacts;

/** The machine that the agent runs on; one adapter for each operating system. Thread-safe. */
public interface AgentHost {

    /** What the appliance wants to know of the host; may take seconds. */
    HostFacts describe();

    /**
     * Finds disks by their keys, in that order.
     *
     * @throws org.understudy.core.problem.ProblemException {@code DISK_NOT_FOUND} if one is not there or not offered
     */
    List<ProtectedDisk> disks(List<String> keys);

    /** Name of the host, quickly. */
    String hostName();
}
