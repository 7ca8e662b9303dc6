package org.understudy.agent.connection;

import java.nio.file.Path;
import org.understudy.agent.state.SafeName;
import org.understudy.agent.transfer.DigestExchange;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/** Digest files over HTTPS on the agent port. Thread-safe. */
public final class HttpDigestExchange implements DigestExchange {

    private final ApplianceHttp http;

    public HttpDigestExchange(ApplianceHttp http) {
        this.http = http;
    }

    @Override
    public void fetch(String point, String disk, Path file) {
        http.get("/agent/v1/points/" + SafeName.of(point) + "/disks/" + SafeName.of(disk) + "/digests", file);
    }

    @Override
    public void upload(String run, String disk, Path file) {
        http.put("/agent/v1/runs/" + SafeName.of(run) + "/disks/" + SafeName.of(disk) + "/digests", file);
    }

    @Override
    public boolean uploadChanges(String run, String disk, Path file) {
        try {
            http.put("/agent/v1/runs/" + SafeName.of(run) + "/disks/" + SafeName.of(disk) + "/digests/changes", file);
            return true;
        } catch (ProblemException e) {
            if (e.problem().code() == ProblemCode.CONFLICT) {
                return false;
            }
            throw e;
        }
    }
}
