package org.understudy.agent.transfer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.state.BaseStore;
import org.understudy.core.digest.CorruptDigestFileException;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.ServerMessage.LunAssignment;

/** Finds digests of a base that can be believed: kept ones if they are whole, else the appliance's. */
final class BaseDigests {

    private static final Logger log = LoggerFactory.getLogger(BaseDigests.class);

    private final BaseStore kept;
    private final DigestExchange exchange;

    BaseDigests(BaseStore kept, DigestExchange exchange) {
        this.kept = kept;
        this.exchange = exchange;
    }

    /** A verified file with the digests of the LUN's present contents, or null if the LUN is all zeros. */
    @Nullable
    Path find(LunAssignment assignment, BaseStore.Workspace workspace) throws IOException {
        String point = assignment.basePoint();
        if (point == null) {
            return null;
        }
        Optional<Path> own = kept.find(point, assignment.disk());
        if (own.isPresent()) {
            try {
                DigestFiles.verify(own.get(), assignment.blockSize());
                return own.get();
            } catch (IOException e) {
                log.warn(
                        "the kept digests of {} at point {} cannot be used and are fetched anew: {}",
                        assignment.disk(),
                        point,
                        e.toString());
            }
        }
        Path fetched = workspace.temporary(assignment.disk(), "base");
        exchange.fetch(point, assignment.disk(), fetched);
        try {
            DigestFiles.verify(fetched, assignment.blockSize());
        } catch (CorruptDigestFileException e) {
            throw Problem.of(
                            ProblemCode.PROTOCOL_VIOLATION,
                            "reason",
                            "the digests of " + assignment.disk() + " at point " + point + " are damaged")
                    .asException(e);
        }
        return fetched;
    }
}
