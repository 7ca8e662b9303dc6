package org.understudy.server.web.api;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.protection.ProtectionLag;
import org.understudy.server.readiness.Readiness;

/** Protected hosts. */
@RestController
@RequestMapping("/api/v1/hosts")
class HostController {

    private static final int MOST_MINUTES = 24 * 60;

    private final Fleet fleet;
    private final ProtectionLag lag;
    private final Readiness readiness;

    HostController(Fleet fleet, ProtectionLag lag, Readiness readiness) {
        this.fleet = fleet;
        this.lag = lag;
        this.readiness = readiness;
    }

    @GetMapping
    List<HostResource> hosts() {
        return fleet.hosts().stream().map(HostResource::of).toList();
    }

    @GetMapping("/{host}")
    HostResource host(@PathVariable HostId host) {
        return fleet.host(host)
                .map(HostResource::of)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "host " + host)
                        .asException());
    }

    /** How old the protected data was over the last minutes; {@code NOT_FOUND} for a host without a point. */
    @GetMapping("/{host}/rpo")
    LagResource rpo(@PathVariable HostId host, @RequestParam(defaultValue = "60") int minutes) {
        if (minutes < 1 || minutes > MOST_MINUTES) {
            throw new IllegalArgumentException("minutes must be from 1 to " + MOST_MINUTES);
        }
        host(host);
        return lag.measured(host, Duration.ofMinutes(minutes))
                .map(LagResource::of)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "a recovery point of host " + host)
                        .asException());
    }

    /** Whether the host would start on this appliance; {@code NOT_FOUND} if it has reported nothing yet. */
    @GetMapping("/{host}/readiness")
    ReadinessResource readiness(@PathVariable HostId host, Locale locale) {
        host(host);
        return readiness
                .ofHost(host)
                .map(forecast -> ReadinessResource.of(forecast, locale))
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "facts of host " + host)
                        .asException());
    }

    /**
     * Changes what is given and leaves the rest.
     *
     * @param policyId id of a policy, or an empty text for none
     * @param disks keys of the disks that runs protect
     */
    record HostChange(
            @Nullable String name,
            @Nullable String policyId,
            @Nullable Set<String> disks) {}

    @PatchMapping("/{host}")
    HostResource change(@PathVariable HostId host, @RequestBody HostChange change) {
        if (change.name() != null) {
            fleet.rename(host, change.name());
        }
        if (change.policyId() != null) {
            fleet.assignPolicy(
                    host,
                    change.policyId().isEmpty() ? Optional.empty() : Optional.of(PolicyId.parse(change.policyId())));
        }
        if (change.disks() != null) {
            fleet.selectDisks(host, change.disks());
        }
        return host(host);
    }

    @DeleteMapping("/{host}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void retire(@PathVariable HostId host) {
        fleet.retire(host);
    }
}
