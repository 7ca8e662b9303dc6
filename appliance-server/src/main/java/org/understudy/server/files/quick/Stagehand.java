package org.understudy.server.files.quick;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.files.FileSystemId;
import org.understudy.server.files.PointFileSystem;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.storage.CloneId;
import org.understudy.server.storage.VolumeClone;
import org.understudy.server.storage.VolumeStore;

/**
 * Builds and strikes what an opened point stands on: the clone in the pool, private folders, mounts. All is found again by its
 * place and name, so that what a crash left can be struck without a record. Not thread-safe.
 */
final class Stagehand {

    private static final Logger log = LoggerFactory.getLogger(Stagehand.class);

    static final String CLONES = "files-";

    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final VolumeStore store;
    private final DiskLayout layout;
    private final Mounts mounts;
    private final Path place;

    /** @param place a folder of its own, absolute */
    Stagehand(VolumeStore store, CommandRunner runner, Path place) {
        this.store = store;
        this.layout = new DiskLayout(runner);
        this.mounts = new Mounts(runner);
        this.place = place;
    }

    /** What was built. */
    record Stage(List<PointFileSystem> fileSystems, Map<FileSystemId, MountTree> trees) {}

    /**
     * Clones the point and mounts what can be mounted. The caller strikes it, also after a failure.
     *
     * @throws org.understudy.core.problem.ProblemException {@code FILES_UNREADABLE} if nothing can be mounted, {@code POOL_*},
     *     {@code COMMAND_*}
     */
    Stage build(RecoveryPoint point) {
        CloneId clone = clone(point.id());
        store.cloneSnapshot(point.host(), point.id(), clone);
        List<PointFileSystem> fileSystems = new ArrayList<>();
        Map<FileSystemId, MountTree> trees = new TreeMap<>();
        try {
            for (RecoveryPoint.PointDisk disk : point.disks()) {
                Path image = store.cloneDevice(clone, new DiskId(point.host(), disk.number()));
                for (DiskLayout.Found found : layout.find(disk.number(), image, size(image))) {
                    PointFileSystem one = mount(point.id(), image, found);
                    fileSystems.add(one);
                    if (one.isOpen()) {
                        trees.put(one.id(), new MountTree(folder(point.id(), one.id())));
                    }
                }
            }
        } catch (IOException e) {
            throw unreadable(point.id(), String.valueOf(e.getMessage())).asException(e);
        }
        if (trees.isEmpty()) {
            throw unreadable(point.id(), reasons(fileSystems)).asException();
        }
        return new Stage(fileSystems, trees);
    }

    private PointFileSystem mount(PointId point, Path image, DiskLayout.Found found) throws IOException {
        Optional<String> fault = found.fault();
        if (fault.isEmpty() && found.type().equals("unknown")) {
            fault = Optional.of("no known file system is in it");
        } else if (fault.isEmpty() && !Mounts.knows(found.type())) {
            fault = Optional.of("the quick path does not read " + found.type());
        }
        if (fault.isEmpty()) {
            Path folder = folder(point, found.id());
            Files.createDirectories(folder, PRIVATE);
            fault = mounts.mount(image, found, folder);
        }
        return new PointFileSystem(found.id(), found.type(), found.label(), found.uuid(), found.size(), fault);
    }

    private static long size(Path image) throws IOException {
        try (FileChannel channel = FileChannel.open(image, StandardOpenOption.READ)) {
            return channel.size();
        }
    }

    private static Problem unreadable(PointId point, String reason) {
        return Problem.of(ProblemCode.FILES_UNREADABLE, "what", "recovery point " + point, "reason", reason);
    }

    private static String reasons(List<PointFileSystem> fileSystems) {
        return fileSystems.isEmpty()
                ? "it has no disks"
                : String.join(
                        "; ",
                        fileSystems.stream()
                                .map(one -> one.id() + ": " + one.unreadable().orElse(""))
                                .toList());
    }

    /**
     * Unmounts all of a point, removes its folders and its clone.
     *
     * @throws org.understudy.core.problem.ProblemException {@code COMMAND_*}, {@code POOL_*}: what is left can be struck again
     */
    void strike(PointId point) {
        Path folder = root().resolve(point.toString());
        Mounts.below(folder).forEach(mounts::unmount);
        remove(folder);
        store.destroyClone(clone(point));
    }

    /**
     * Strikes everything that is there but not in use.
     *
     * @return whether nothing is left
     */
    boolean strikeLeftovers(Set<PointId> used) {
        Set<PointId> left = new java.util.TreeSet<>();
        for (Path folder : children(root())) {
            pointOf(folder.getFileName().toString()).ifPresent(left::add);
        }
        for (VolumeClone clone : store.clones()) {
            if (clone.id().value().startsWith(CLONES)) {
                pointOf(clone.id().value().substring(CLONES.length())).ifPresent(left::add);
            }
        }
        left.removeAll(used);
        boolean clean = true;
        for (PointId point : left) {
            try {
                strike(point);
                log.info("what was left of the opened point {} is removed", point);
            } catch (RuntimeException e) {
                log.warn("what was left of the opened point {} cannot be removed now: {}", point, e.getMessage());
                clean = false;
            }
        }
        return clean;
    }

    private static Optional<PointId> pointOf(String text) {
        try {
            return Optional.of(PointId.parse(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Folders only and one by one: if something is still mounted on one, its content is a host's. */
    private static void remove(Path folder) {
        for (Path child : children(folder)) {
            delete(child);
        }
        delete(folder);
    }

    private static List<Path> children(Path folder) {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    children.add(entry);
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return children;
    }

    private static void delete(Path folder) {
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException e) {
            throw new UncheckedIOException(new IOException(folder + " is not empty", e));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path folder(PointId point, FileSystemId fileSystem) {
        return root().resolve(point.toString()).resolve(fileSystem.toString());
    }

    /** As the kernel's table of mounts names it: without links. */
    private Path root() {
        try {
            return Files.createDirectories(place, PRIVATE).toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static CloneId clone(PointId point) {
        return new CloneId(CLONES + point);
    }
}
