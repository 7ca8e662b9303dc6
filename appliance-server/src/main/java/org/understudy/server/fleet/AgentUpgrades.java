package org.understudy.server.fleet;

import java.time.Instant;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.server.kernel.HostId;

/** Replaces the agents of hosts by newer packages, one host at a time and only when asked. Thread-safe. */
public interface AgentUpgrades {

    /** The version that this host's agent could be replaced by; empty if there is none that is newer. */
    Optional<String> offered(ProtectedHost host);

    /**
     * Asks the host's agent to replace itself and returns at once.
     *
     * @throws org.understudy.core.problem.ProblemException {@code NOT_FOUND}, {@code AGENT_OFFLINE}, {@code CONFLICT} if there is
     *     nothing newer or an upgrade of this host is under way
     */
    Upgrade start(HostId host);

    /** The newest upgrade of the host since the appliance was started. */
    Optional<Upgrade> last(HostId host);

    /** How an upgrade stands. */
    enum State {
        RUNNING,
        /** The agent is back and says the new version. */
        DONE,
        /** The old version goes on. */
        FAILED
    }

    /**
     * An upgrade of one host.
     *
     * @param problem why it failed
     */
    record Upgrade(String version, Instant startedAt, State state, Optional<Problem> problem) {}
}
