package org.understudy.console;

import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.AgentUpgrades;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;

/** Offers what a test offers; an upgrade that was started runs for ever. */
final class FakeUpgrades implements AgentUpgrades {

    final Map<HostId, String> offered = new ConcurrentHashMap<>();
    final Map<HostId, Upgrade> upgrades = new ConcurrentHashMap<>();
    private final Clock clock;

    FakeUpgrades(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Optional<String> offered(ProtectedHost host) {
        return Optional.ofNullable(offered.get(host.id()));
    }

    @Override
    public Upgrade start(HostId host) {
        String version = offered.get(host);
        if (version == null) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "there is no newer package")
                    .asException();
        }
        Upgrade started = new Upgrade(version, clock.instant(), State.RUNNING, Optional.empty());
        upgrades.put(host, started);
        return started;
    }

    @Override
    public Optional<Upgrade> last(HostId host) {
        return Optional.ofNullable(upgrades.get(host));
    }
}
