package org.understudy.agent.state;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.digest.CorruptDigestFileException;
import org.understudy.core.digest.DigestChanges;
import org.understudy.core.digest.DigestTree;

/**
 * Digests of the last committed point ({@code base/<point>/<disk>.digests}) and the workspace of the running run. A base appears by
 * one rename of a directory whose files were synced, and disappears by one rename into {@code work}. A run that changed little changes the
 * base in place: its changes lie in {@code pending/<point>} first, so that a process that dies can be followed by one that does it
 * again. Used by one thread.
 */
public final class BaseStore {

    private static final Logger log = LoggerFactory.getLogger(BaseStore.class);

    private static final String SUFFIX = ".digests";
    private static final String CHANGES = ".changes";

    /** Names the point whose base the changes beside it are of. */
    private static final String OLDER = "older";

    private final Path bases;
    private final Path work;
    private final Path pending;

    /** Opens the store and deletes what a process that died left in the workspace. */
    BaseStore(Path root) throws IOException {
        bases = root.resolve("base");
        work = root.resolve("work");
        pending = root.resolve("pending");
        AtomicFiles.createPrivateDirectory(bases);
        AtomicFiles.createPrivateDirectory(work);
        AtomicFiles.createPrivateDirectory(pending);
        for (Path leftover : children(work)) {
            AtomicFiles.deleteTree(leftover);
        }
        settleAll();
    }

    /** The kept digest file of a disk at a point. It may still be damaged: each reading of it tells. */
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

    /** Makes the finished digests of a run the base of the point that the run became, and forgets older bases. */
    public void adopt(Workspace workspace, String point) throws IOException {
        Path adopted = pending.resolve(SafeName.of(point));
        retire(bases.resolve(SafeName.of(point)));
        AtomicFiles.deleteTree(adopted);
        AtomicFiles.syncDirectory(workspace.done());
        AtomicFiles.rename(workspace.done(), adopted);
        try {
            settle(adopted);
        } catch (IOException e) {
            // Half a base is none.
            clear();
            AtomicFiles.deleteTree(adopted);
            throw e;
        }
        workspace.delete();
    }

    /**
     * Brings the bases up to an adopted run. Its directory holds digests of disks, or changes of those of an older base, and it is deleted
     * last: until then all of this may be done again.
     */
    private void settle(Path adopted) throws IOException {
        Path next = bases.resolve(adopted.getFileName());
        if (!Files.exists(next)) {
            Path older = adopted.resolve(OLDER);
            if (Files.exists(older)) {
                change(bases.resolve(SafeName.of(Files.readString(older))), adopted);
                AtomicFiles.rename(bases.resolve(SafeName.of(Files.readString(older))), next);
            } else {
                AtomicFiles.rename(adopted, next);
            }
        }
        for (Path other : children(bases)) {
            if (!other.equals(next)) {
                retire(other);
            }
        }
        AtomicFiles.deleteTree(adopted);
    }

    private void change(Path base, Path adopted) throws IOException {
        Set<String> wanted = new HashSet<>();
        for (Path file : children(adopted)) {
            String name = file.getFileName().toString();
            if (name.endsWith(CHANGES)) {
                String disk = name.substring(0, name.length() - CHANGES.length());
                try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
                    DigestTree.redo(base.resolve(disk + SUFFIX), DigestChanges.read(in));
                }
                wanted.add(disk + SUFFIX);
            } else if (name.endsWith(SUFFIX)) {
                // A second name, because the first one says, if this is done again, that the disk belongs to the run.
                Path target = base.resolve(name);
                Files.deleteIfExists(target);
                Files.createLink(target, file);
                wanted.add(name);
            }
        }
        for (Path file : children(base)) {
            if (!wanted.contains(file.getFileName().toString())) {
                Files.delete(file);
            }
        }
        AtomicFiles.syncDirectory(base);
    }

    /** Ends what a process that died had begun. A base that cannot be brought up is forgotten: the appliance has its digests. */
    private void settleAll() throws IOException {
        for (Path adopted : children(pending)) {
            try {
                settle(adopted);
            } catch (NoSuchFileException | CorruptDigestFileException e) {
                log.warn(
                        "the digests of point {} were lost and will be fetched: {}",
                        adopted.getFileName(),
                        e.toString());
                clear();
                AtomicFiles.deleteTree(adopted);
            }
        }
    }

    /** Forgets every base. */
    public void clear() throws IOException {
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

        /** Moves digests to the finished ones: synced, and adopted by {@link BaseStore#adopt}. */
        public Path finish(String disk, Path digests) throws IOException {
            AtomicFiles.sync(digests);
            Path finished = done().resolve(SafeName.of(disk) + SUFFIX);
            AtomicFiles.rename(digests, finished);
            return finished;
        }

        /** Moves changes of the kept digests of {@code base} to the finished ones. */
        public void finishChanges(String disk, Path changes, String base) throws IOException {
            AtomicFiles.sync(changes);
            AtomicFiles.replace(done().resolve(OLDER), SafeName.of(base).getBytes(StandardCharsets.UTF_8));
            AtomicFiles.rename(changes, done().resolve(SafeName.of(disk) + CHANGES));
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
