package org.understudy.agent.state;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Digest files of the last committed point ({@code base/<point>/<disk>.digests}) and the workspace of the running run. A base
 * appears by one rename of a directory whose files were synced, and disappears by one rename into {@code work}; so a base that can be seen
 * is complete. Used by one thread.
 */
public final class BaseStore {

    private static final String SUFFIX = ".digests";

    private final Path bases;
    private final Path work;

    /** Opens the store and deletes what a process that died left in the workspace. */
    BaseStore(Path root) throws IOException {
        bases = root.resolve("base");
        work = root.resolve("work");
        AtomicFiles.createPrivateDirectory(bases);
        AtomicFiles.createPrivateDirectory(work);
        for (Path leftover : children(work)) {
            AtomicFiles.deleteTree(leftover);
        }
    }

    /** The kept digest file of a disk at a point. It may still be damaged: only reading it to its end tells. */
    public Optional<Path> find(String point, String disk) {
        Path file = bases.resolve(SafeName.of(point)).resolve(SafeName.of(disk) + SUFFIX);
        return Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
    }

    /** Points of which a base is kept; at most one unless the process died while it replaced one. */
    static List<String> pointsIn(Path root) throws IOException {
        List<String> names = new ArrayList<>();
        Path directory = root.resolve("base");
        if (Files.isDirectory(directory)) {
            for (Path point : children(directory)) {
                names.add(point.getFileName().toString());
            }
        }
        return names;
    }

    /** A new, empty workspace for a run; one that was there is deleted. */
    public Workspace workspace(String run) throws IOException {
        Path directory = work.resolve("run-" + SafeName.of(run));
        AtomicFiles.deleteTree(directory);
        AtomicFiles.createPrivateDirectory(directory);
        AtomicFiles.createPrivateDirectory(directory.resolve("done"));
        return new Workspace(directory);
    }

    /** Makes the finished digest files of a run the base of the point that the run became, and forgets older bases. */
    public void adopt(Workspace workspace, String point) throws IOException {
        Path target = bases.resolve(SafeName.of(point));
        retire(target);
        AtomicFiles.syncDirectory(workspace.done());
        AtomicFiles.rename(workspace.done(), target);
        for (Path other : children(bases)) {
            if (!other.equals(target)) {
                retire(other);
            }
        }
        workspace.delete();
    }

    /** Forgets every base. */
    void clear() throws IOException {
        for (Path point : children(bases)) {
            retire(point);
        }
    }

    private void retire(Path base) throws IOException {
        if (Files.exists(base)) {
            Path retired = work.resolve("old-" + base.getFileName());
            AtomicFiles.deleteTree(retired);
            AtomicFiles.rename(base, retired);
            AtomicFiles.deleteTree(retired);
        }
    }

    private static List<Path> children(Path directory) throws IOException {
        List<Path> all = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(all::add);
        }
        return all;
    }

    /** Temporary files of one run. */
    public static final class Workspace {

        private final Path directory;

        private Workspace(Path directory) {
            this.directory = directory;
        }

        /** Where a temporary digest file of a disk goes; {@code label} tells several apart. */
        public Path temporary(String disk, String label) {
            return directory.resolve(SafeName.of(disk) + "." + label);
        }

        /** Moves a digest file to the finished ones: synced, and adopted by {@link BaseStore#adopt}. */
        public Path finish(String disk, Path digests) throws IOException {
            AtomicFiles.sync(digests);
            Path finished = done().resolve(SafeName.of(disk) + SUFFIX);
            AtomicFiles.rename(digests, finished);
            return finished;
        }

        private Path done() {
            return directory.resolve("done");
        }

        /** Deletes all files of the run that were not adopted. Idempotent. */
        public void delete() throws IOException {
            AtomicFiles.deleteTree(directory);
        }
    }
}
