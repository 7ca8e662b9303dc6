package org.understudy.server.files.quick;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.files.FileSystemId;
import org.understudy.server.files.OpenedPoint;
import org.understudy.server.files.PointFileSystem;
import org.understudy.server.kernel.PointId;

/** One opened point: its mounted file systems, when it was read last, and who reads it now. Thread-safe. */
final class Opening {

    private final PointId point;
    private final Instant openedAt;
    private final List<PointFileSystem> fileSystems;
    private final Map<FileSystemId, MountTree> trees;
    private final Clock clock;
    private final Duration idleLimit;

    private Instant lastRead;
    private int readers;
    private boolean closed;

    Opening(
            PointId point,
            List<PointFileSystem> fileSystems,
            Map<FileSystemId, MountTree> trees,
            Clock clock,
            Duration idleLimit) {
        this.point = point;
        this.fileSystems = List.copyOf(fileSystems);
        this.trees = Map.copyOf(trees);
        this.clock = clock;
        this.idleLimit = idleLimit;
        this.openedAt = clock.instant();
        this.lastRead = openedAt;
    }

    PointId point() {
        return point;
    }

    synchronized OpenedPoint described() {
        return new OpenedPoint(point, openedAt, lastRead.plus(idleLimit), fileSystems);
    }

    synchronized void touch() {
        lastRead = clock.instant();
    }

    /**
     * Keeps it open until {@link #leave}.
     *
     * @throws ProblemException {@code FILES_NOT_OPEN}, {@code NOT_FOUND}, {@code FILES_UNREADABLE}
     */
    synchronized MountTree enter(FileSystemId id) {
        if (closed) {
            throw notOpen(point);
        }
        MountTree tree = trees.get(id);
        if (tree == null) {
            throw absent(id);
        }
        readers++;
        lastRead = clock.instant();
        return tree;
    }

    private ProblemException absent(FileSystemId id) {
        Optional<PointFileSystem> known =
                fileSystems.stream().filter(one -> one.id().equals(id)).findFirst();
        return known.map(one -> Problem.of(
                        ProblemCode.FILES_UNREADABLE,
                        "what",
                        id.toString(),
                        "reason",
                        one.unreadable().orElse("")))
                .orElseGet(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "file system " + id))
                .asException();
    }

    synchronized void leave() {
        readers--;
        lastRead = clock.instant();
    }

    /** From now on nobody enters. Whether that was possible: not while somebody reads. */
    synchronized boolean shut() {
        if (readers > 0) {
            return false;
        }
        closed = true;
        return true;
    }

    /** As {@link #shut}, but only if nobody read for the limit. */
    synchronized boolean shutIfIdle() {
        return !clock.instant().isBefore(lastRead.plus(idleLimit)) && shut();
    }

    /** From now on nobody enters; who reads will fail. */
    synchronized void shutByForce() {
        closed = true;
    }

    static ProblemException notOpen(PointId point) {
        return Problem.of(ProblemCode.FILES_NOT_OPEN, "point", point.toString()).asException();
    }
}
