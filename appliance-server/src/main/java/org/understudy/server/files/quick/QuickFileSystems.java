package org.understudy.server.files.quick;

import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.files.FileEntry;
import org.understudy.server.files.FileName;
import org.understudy.server.files.FilePath;
import org.understudy.server.files.FileSystemId;
import org.understudy.server.files.FilesSettings;
import org.understudy.server.files.FolderPage;
import org.understudy.server.files.OpenFile;
import org.understudy.server.files.OpenedPoint;
import org.understudy.server.files.PointFileSystems;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;

/**
 * The port on this machine's kernel. Opening and closing go one after the other under a lock; reading does not wait for them. Nothing is
 * remembered beyond this object: {@link #tidy} finds what an earlier server left.
 */
final class QuickFileSystems implements PointFileSystems {

    private static final Logger log = LoggerFactory.getLogger(QuickFileSystems.class);

    private final RecoveryPoints points;
    private final Stagehand stagehand;
    private final FilesSettings settings;
    private final Clock clock;
    private final ConcurrentMap<PointId, Opening> open = new ConcurrentHashMap<>();
    private final ReentrantLock changing = new ReentrantLock();

    /** Whether something may be left that belongs to no opened point; guarded by {@code changing}. */
    private boolean untidy = true;

    QuickFileSystems(RecoveryPoints points, Stagehand stagehand, FilesSettings settings, Clock clock) {
        this.points = points;
        this.stagehand = stagehand;
        this.settings = settings;
        this.clock = clock;
    }

    @Override
    public OpenedPoint open(PointId point, Reader reader) {
        switch (reader) {
            case SAFE ->
                throw Problem.of(
                                ProblemCode.CAPABILITY_MISSING,
                                "capability",
                                "reading files in a virtual machine of their own (the safe path)")
                        .asException();
            case QUICK -> {
                if (!settings.allowQuickPath()) {
                    throw Problem.of(ProblemCode.FILES_QUICK_PATH_OFF, "point", point.toString())
                            .asException();
                }
            }
        }
        changing.lock();
        try {
            Opening known = open.get(point);
            if (known != null) {
                known.touch();
                return known.described();
            }
            return make(point).described();
        } finally {
            changing.unlock();
        }
    }

    private Opening make(PointId id) {
        RecoveryPoint point = points.point(id)
                .orElseThrow(() -> Problem.of(ProblemCode.POINT_NOT_FOUND, "point", id.toString())
                        .asException());
        if (open.size() >= settings.mostOpen()) {
            throw Problem.of(
                            ProblemCode.FILES_LIMIT_REACHED,
                            "point",
                            id.toString(),
                            "limit",
                            Integer.toString(settings.mostOpen()))
                    .asException();
        }
        try {
            Stagehand.Stage stage = stagehand.build(point);
            Opening made = new Opening(id, stage.fileSystems(), stage.trees(), clock, settings.idleLimit());
            open.put(id, made);
            log.info("files of recovery point {} opened: {}", id, stage.trees().keySet());
            return made;
        } catch (RuntimeException e) {
            try {
                stagehand.strike(id);
            } catch (RuntimeException again) {
                untidy = true;
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    @Override
    public Optional<OpenedPoint> opened(PointId point) {
        return Optional.ofNullable(open.get(point)).map(Opening::described);
    }

    @Override
    public FolderPage list(
            PointId point, FileSystemId fileSystem, FilePath folder, Optional<FileName> after, int limit) {
        if (limit < 1 || limit > MOST_ENTRIES) {
            throw new IllegalArgumentException("a page has 1 to " + MOST_ENTRIES + " entries, not " + limit);
        }
        return reading(point, fileSystem, tree -> tree.list(folder, after, limit));
    }

    @Override
    public FileEntry entry(PointId point, FileSystemId fileSystem, FilePath path) {
        return reading(point, fileSystem, tree -> tree.entry(path));
    }

    @Override
    public OpenFile read(PointId point, FileSystemId fileSystem, FilePath path) {
        Opening opening = opening(point);
        MountTree tree = opening.enter(fileSystem);
        try {
            OpenFile file = tree.read(path);
            return new OpenFile(file.entry(), new LeavingStream(file.content(), opening));
        } catch (RuntimeException e) {
            opening.leave();
            throw e;
        }
    }

    private <T> T reading(PointId point, FileSystemId fileSystem, Function<MountTree, T> reading) {
        Opening opening = opening(point);
        MountTree tree = opening.enter(fileSystem);
        try {
            return reading.apply(tree);
        } finally {
            opening.leave();
        }
    }

    private Opening opening(PointId point) {
        Opening opening = open.get(point);
        if (opening == null) {
            throw Opening.notOpen(point);
        }
        return opening;
    }

    @Override
    public void close(PointId point) {
        changing.lock();
        try {
            Opening opening = open.get(point);
            if (opening == null) {
                return;
            }
            if (!opening.shut()) {
                throw Problem.of(ProblemCode.FILES_BUSY, "point", point.toString())
                        .asException();
            }
            strike(opening, "asked for");
        } finally {
            changing.unlock();
        }
    }

    private void strike(Opening opening, String reason) {
        open.remove(opening.point());
        // Until it is done: a failure here is what the next look repeats.
        boolean before = untidy;
        untidy = true;
        stagehand.strike(opening.point());
        untidy = before;
        log.info("files of recovery point {} closed: {}", opening.point(), reason);
    }

    /** Closes points that nobody read for the limit, and removes what a crash or a failure left. To be called now and then. */
    void tidy() {
        changing.lock();
        try {
            for (Opening opening : Set.copyOf(open.values())) {
                if (opening.shutIfIdle()) {
                    quietly(() -> strike(opening, "nobody read it"));
                }
            }
            if (untidy) {
                quietly(() -> untidy = !stagehand.strikeLeftovers(open.keySet()));
            }
        } finally {
            changing.unlock();
        }
    }

    /** Closes everything, whoever reads. */
    void closeAll() {
        changing.lock();
        try {
            for (Opening opening : Set.copyOf(open.values())) {
                opening.shutByForce();
                quietly(() -> strike(opening, "the server ends"));
            }
        } finally {
            changing.unlock();
        }
    }

    /** It is tried again at the next look, or at the next start. */
    private static void quietly(Runnable step) {
        try {
            step.run();
        } catch (ProblemException | java.io.UncheckedIOException e) {
            log.warn("tidying up after opened points failed for now: {}", e.getMessage());
        }
    }
}
