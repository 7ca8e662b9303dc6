package org.understudy.server.fleet.gateway;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.OwnHost;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.server.fleet.AgentGateway;
import org.understudy.server.fleet.HostRuns;
import org.understudy.server.fleet.delivery.AgentPackages;
import org.understudy.server.fleet.hosts.HostRegister;
import org.understudy.server.fleet.port.AgentPeer;
import org.understudy.server.kernel.RunId;

/** What a host asks about itself, see {@link OwnHost}. Whose host it is, only the certificate says. */
@RestController
public class OwnHostController {

    private static final Logger log = LoggerFactory.getLogger(OwnHostController.class);

    private final HostRegister register;
    private final AgentGateway gateway;
    private final AgentPackages packages;
    private final RunAllowance allowance;
    private final ObjectProvider<HostRuns> runs;

    public OwnHostController(
            HostRegister register,
            AgentGateway gateway,
            AgentPackages packages,
            RunAllowance allowance,
            ObjectProvider<HostRuns> runs) {
        this.register = register;
        this.gateway = gateway;
        this.packages = packages;
        this.allowance = allowance;
        this.runs = runs;
    }

    @GetMapping(path = OwnHost.PATH)
    ResponseEntity<String> status(@RequestAttribute(AgentPeer.ATTRIBUTE) AgentPeer peer) {
        return answer(
                HttpStatus.OK,
                new OwnHost.Status(
                        register.nameOf(peer.host()),
                        gateway.connected(peer.host()),
                        packages.newestVersion().orElse(null),
                        runs().newest(peer.host()).orElse(null)));
    }

    @PostMapping(path = OwnHost.RUNS)
    ResponseEntity<String> start(@RequestAttribute(AgentPeer.ATTRIBUTE) AgentPeer peer) {
        allowance.take(peer.host(), register.nameOf(peer.host()));
        RunId run;
        try {
            run = runs().start(peer.host());
        } catch (ProblemException e) {
            allowance.giveBack(peer.host());
            throw e;
        }
        log.info("Host {} asked for run {}", register.nameOf(peer.host()), run);
        return answer(HttpStatus.ACCEPTED, runs().run(peer.host(), run));
    }

    @GetMapping(path = OwnHost.RUNS + "/{run}")
    ResponseEntity<String> run(@RequestAttribute(AgentPeer.ATTRIBUTE) AgentPeer peer, @PathVariable String run) {
        RunId id;
        try {
            id = RunId.parse(run);
        } catch (IllegalArgumentException e) {
            throw Problem.of(ProblemCode.RUN_UNKNOWN, "run", MessageCheck.oneLine(run, 64))
                    .asException(e);
        }
        return answer(HttpStatus.OK, runs().run(peer.host(), id));
    }

    private HostRuns runs() {
        HostRuns found = runs.getIfAvailable();
        if (found == null) {
            throw Problem.of(ProblemCode.CAPABILITY_MISSING, "capability", "backup runs")
                    .asException();
        }
        return found;
    }

    private static ResponseEntity<String> answer(HttpStatus status, Object document) {
        return ResponseEntity.status(status)
                .contentType(MediaType.APPLICATION_JSON)
                .body(ProtocolCodec.write(document));
    }
}
