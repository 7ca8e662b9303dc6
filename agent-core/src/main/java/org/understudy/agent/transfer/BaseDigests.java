package org.understudy.agent.transfer;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.state.BaseStore;
import org.understudy.core.digest.CorruptDigestFileException;
import org.understudy.core.digest.DigestTree;
import org.understudy.core.digest.DigestTrees;
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

    /**
     * The digests of the LUN's present contents, each checked when it is read.
     *
     * @param isKept whether the file is the base store's, not the run's
     */
    record Base(DigestTree tree, Path file, boolean isKept) {}

    /** Open digests, or null if the LUN is all zeros. */
    @Nullable
    Base find(LunAssignment assignment, BaseStore.Workspace workspace) throws IOException {
        String point = assignment.basePoint();
        if (point == null) {
            return null;
        }
        Optional<Path> own = kept.find(point, assignment.disk());
        if (own.isPresent()) {
            try {
                return new Base(open(own.get(), assignment.blockSize()), own.get(), true);
            } catch (IOException e) {
                log.warn(
                        "the kept digests of {} at point {} cannot be used and are fetched anew: {}",
                        assignment.disk(),
                        point,
                        e.toString());
            }
        }
        return fetch(point, assignment, workspace);
    }

    private Base fetch(String point, LunAssignment assignment, BaseStore.Workspace workspace) throws IOException {
        Path fetched = workspace.temporary(assignment.disk(), "fetched");
        exchange.fetch(point, assignment.disk(), fetched);
        Path tree = workspace.temporary(assignment.disk(), "base");
        try (InputStream in = new BufferedInputStream(Files.newInputStream(fetched))) {
            DigestTrees.build(in, tree);
            return new Base(open(tree, assignment.blockSize()), tree, false);
        } catch (CorruptDigestFileException e) {
            throw Problem.of(
                            ProblemCode.PROTOCOL_VIOLATION,
                            "reason",
                            "the digests of " + assignment.disk() + " at point " + point + " are damaged")
                    .asException(e);
        } finally {
            Files.deleteIfExists(fetched);
        }
    }

    private static DigestTree open(Path file, int blockSize) throws IOException {
        DigestTree tree = DigestTree.open(file);
        if (tree.blockSize() != blockSize) {
            tree.close();
            throw new CorruptDigestFileException("it has blocks of " + tree.blockSize() + " bytes, not " + blockSize);
        }
        return tree;
    }
}
