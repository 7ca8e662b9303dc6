package org.understudy.server.fleet.delivery;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.server.fleet.AgentGateway;
import org.understudy.server.fleet.AgentUpgrades;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.FleetEvents;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;

/**
 * Upgrades by the packages of {@link AgentPackages}. A new package restarts its agent, so the usual end of an upgrade is a lost
 * connection and, later, a Hello with the new version. What is remembered is lost with the process; the versions of the agents are
 * not. Thread-safe.
 */
@Component
class PackageUpgrades implements AgentUpgrades {

    private static final Logger log = LoggerFactory.getLogger(PackageUpgrades.class);

    /** From the question to the new version's Hello. */
    static final Duration LIMIT = Duration.ofMinutes(20);

    private final AgentPackages packages;
    private final AgentGateway gateway;
    private final Fleet fleet;
    private final Clock clock;
    private final Map<HostId, Upgrade> newest = new ConcurrentHashMap<>();

    PackageUpgrades(AgentPackages packages, AgentGateway gateway, Fleet fleet, Clock clock) {
        this.packages = packages;
        this.gateway = gateway;
        this.fleet = fleet;
        this.clock = clock;
    }

    @Override
    public Optional<String> offered(ProtectedHost host) {
        // A version that no package has is a checkout's; it is not replaced.
        if (host.retired() || !host.agentVersion().matches(PackageVersion.PATTERN)) {
            return Optional.empty();
        }
        PackageVersion present = new PackageVersion(host.agentVersion());
        return packages.newestVersion().filter(version -> new PackageVersion(version).compareTo(present) > 0);
    }

    @Override
    public Upgrade start(HostId id) {
        ProtectedHost host = fleet.host(id)
                .orElseThrow(() ->
                        Problem.of(ProblemCode.NOT_FOUND, "what", "host " + id).asException());
        String version = offered(host)
                .orElseThrow(
                        () -> Problem.of(ProblemCode.CONFLICT, "reason", "there is no newer package for " + host.name())
                                .asException());
        if (!gateway.connected(id)) {
            throw Problem.of(ProblemCode.AGENT_OFFLINE, "host", host.name()).asException();
        }
        Upgrade started = new Upgrade(version, clock.instant(), State.RUNNING, Optional.empty());
        newest.compute(id, (key, before) -> {
            if (before != null && settled(before).state() == State.RUNNING) {
                throw Problem.of(
                                ProblemCode.CONFLICT,
                                "reason",
                                "the agent of " + host.name() + " is being upgraded already")
                        .asException();
            }
            return started;
        });
        log.info("The agent of {} is asked to replace {} by {}", host.name(), host.agentVersion(), version);
        List<ServerMessage.PackageFile> files = packages.offers().stream()
                .map(offer -> new ServerMessage.PackageFile(
                        offer.what().format(),
                        offer.what().architecture(),
                        offer.what().version().text(),
                        offer.what().name(),
                        offer.bytes(),
                        offer.sha256()))
                .toList();
        var unused = gateway.request(
                        id, number -> new ServerMessage.UpgradeAgent(number, files), AgentMessage.Upgraded.class, LIMIT)
                .whenComplete((answer, failure) -> answered(id, started, failure));
        return started;
    }

    /** The old agent's answer; if its package ended it, there is none but the end of the connection. */
    private void answered(HostId id, Upgrade started, @Nullable Throwable failure) {
        if (failure == null) {
            log.info("The agent of host {} has installed {} and is not restarted yet", id, started.version());
            return;
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        Problem problem = cause instanceof ProblemException known
                ? known.problem()
                : Problem.of(ProblemCode.INTERNAL).withDetails(cause.toString());
        if (problem.code() == ProblemCode.AGENT_CONNECTION_LOST) {
            return;
        }
        log.warn("The agent of host {} was not upgraded to {}: {}", id, started.version(), problem.english());
        newest.replace(
                id, started, new Upgrade(started.version(), started.startedAt(), State.FAILED, Optional.of(problem)));
    }

    @EventListener
    void onConnected(FleetEvents.AgentConnected event) {
        String version =
                fleet.host(event.host()).map(ProtectedHost::agentVersion).orElse("");
        newest.computeIfPresent(
                event.host(),
                (id, upgrade) ->
                        upgrade.state() == State.RUNNING && upgrade.version().equals(version)
                                ? new Upgrade(version, upgrade.startedAt(), State.DONE, Optional.empty())
                                : upgrade);
    }

    @Override
    public Optional<Upgrade> last(HostId host) {
        return Optional.ofNullable(newest.get(host)).map(this::settled);
    }

    /** Nobody waits for ever for an agent that does not come back. */
    private Upgrade settled(Upgrade upgrade) {
        Instant end = upgrade.startedAt().plus(LIMIT);
        if (upgrade.state() != State.RUNNING || clock.instant().isBefore(end)) {
            return upgrade;
        }
        return new Upgrade(
                upgrade.version(),
                upgrade.startedAt(),
                State.FAILED,
                Optional.of(Problem.of(ProblemCode.AGENT_TIMEOUT, "host", "", "what", "UpgradeAgent")));
    }
}
