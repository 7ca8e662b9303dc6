package org.understudy.server.fleet.gateway;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Function;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.DigestTransfers;
import org.understudy.server.fleet.FleetSettings;
import org.understudy.server.fleet.port.AgentPeer;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;

/** Digest files over HTTP on the agent port, streamed in both directions. */
@RestController
public class DigestController {

    private final ObjectProvider<DigestTransfers> transfers;
    private final FleetSettings settings;

    public DigestController(ObjectProvider<DigestTransfers> transfers, FleetSettings settings) {
        this.transfers = transfers;
        this.settings = settings;
    }

    /** Where a body goes. */
    private interface Intake {
        void take(RunId run, InputStream body, long length);
    }

    @PutMapping("/agent/v1/runs/{run}/disks/{disk}/digests")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void receive(
            @RequestAttribute(AgentPeer.ATTRIBUTE) AgentPeer peer,
            @PathVariable String run,
            @PathVariable String disk,
            HttpServletRequest request)
            throws IOException {
        take(run, disk, request, (id, body, length) -> transfers().receive(peer.host(), id, disk, body, length));
    }

    @PutMapping("/agent/v1/runs/{run}/disks/{disk}/digests/changes")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void receiveChanges(
            @RequestAttribute(AgentPeer.ATTRIBUTE) AgentPeer peer,
            @PathVariable String run,
            @PathVariable String disk,
            HttpServletRequest request)
            throws IOException {
        take(run, disk, request, (id, body, length) -> transfers().receiveChanges(peer.host(), id, disk, body, length));
    }

    private void take(String run, String disk, HttpServletRequest request, Intake intake) throws IOException {
        RunId runId = id(run, RunId::parse, Problem.of(ProblemCode.RUN_UNKNOWN, "run", MessageCheck.oneLine(run, 64)));
        checkDisk(disk);
        long length = request.getContentLengthLong();
        long limit = settings.digestFileLimit().toBytes();
        if (length > limit) {
            throw LimitedInput.tooLong(limit);
        }
        intake.take(runId, new LimitedInput(request.getInputStream(), limit), length);
    }

    @GetMapping("/agent/v1/points/{point}/disks/{disk}/digests")
    void send(
            @RequestAttribute(AgentPeer.ATTRIBUTE) AgentPeer peer,
            @PathVariable String point,
            @PathVariable String disk,
            HttpServletResponse response)
            throws IOException {
        PointId pointId = id(
                point,
                PointId::parse,
                Problem.of(ProblemCode.POINT_NOT_FOUND, "point", MessageCheck.oneLine(point, 64)));
        checkDisk(disk);
        try (InputStream digests = transfers().baseDigests(peer.host(), pointId, disk)) {
            response.setContentType("application/octet-stream");
            digests.transferTo(response.getOutputStream());
        }
    }

    private DigestTransfers transfers() {
        DigestTransfers found = transfers.getIfAvailable();
        if (found == null) {
            throw Problem.of(ProblemCode.CAPABILITY_MISSING, "capability", "keeping digests")
                    .asException();
        }
        return found;
    }

    private static <T> T id(String text, Function<String, T> parse, Problem otherwise) {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            throw otherwise.asException(e);
        }
    }

    private static void checkDisk(String disk) {
        if (!Bounds.isDiskKey(disk)) {
            throw Problem.of(ProblemCode.DISK_NOT_FOUND, "disk", MessageCheck.oneLine(disk, 128))
                    .asException();
        }
    }
}
