package org.understudy.server.web.api;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.AgentUpgrades;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.BackupRuns;

/** The agent's own package on a host. */
@RestController
@RequestMapping("/api/v1/hosts/{host}/agent-upgrade")
class AgentUpgradeController {

    private final Fleet fleet;
    private final AgentUpgrades upgrades;
    private final BackupRuns runs;

    AgentUpgradeController(Fleet fleet, AgentUpgrades upgrades, BackupRuns runs) {
        this.fleet = fleet;
        this.upgrades = upgrades;
        this.runs = runs;
    }

    /**
     * @param installedVersion what the agent says
     * @param offeredVersion a newer version that could be installed, or null
     * @param version of the newest upgrade since the appliance was started, or null if there was none
     * @param state RUNNING, DONE or FAILED
     */
    record AgentUpgradeResource(
            String installedVersion,
            @Nullable String offeredVersion,
            @Nullable String version,
            @Nullable Instant startedAt,
            @Nullable String state,
            @Nullable ProblemResource problem) {}

    @GetMapping
    AgentUpgradeResource upgrade(@PathVariable HostId host, Locale locale) {
        ProtectedHost found = fleet.host(host)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "host " + host)
                        .asException());
        Optional<AgentUpgrades.Upgrade> last = upgrades.last(host);
        return new AgentUpgradeResource(
                found.agentVersion(),
                upgrades.offered(found).orElse(null),
                last.map(AgentUpgrades.Upgrade::version).orElse(null),
                last.map(AgentUpgrades.Upgrade::startedAt).orElse(null),
                last.map(upgrade -> upgrade.state().name()).orElse(null),
                last.flatMap(AgentUpgrades.Upgrade::problem)
                        .map(problem -> ProblemResource.of(problem, locale))
                        .orElse(null));
    }

    /** A run would be interrupted by it, so it is refused while there is one. */
    @PostMapping
    @ResponseStatus(HttpStatus.ACCEPTED)
    AgentUpgradeResource start(@PathVariable HostId host, Locale locale) {
        if (runs.active().stream().anyMatch(run -> run.host().equals(host))) {
            throw Problem.of(
                            ProblemCode.RUN_IN_PROGRESS,
                            "host",
                            fleet.host(host).map(ProtectedHost::name).orElse(host.toString()))
                    .asException();
        }
        upgrades.start(host);
        return upgrade(host, locale);
    }
}
