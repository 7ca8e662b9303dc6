package org.understudy.server.storage.zfs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.zfs.Dataset;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.Setting;
import org.understudy.zfs.name.DatasetName;

/**
 * The file system below which everything is: made on first use, known again by its property, locked against a second server.
 * What is there and not ours is never touched. Not thread-safe.
 */
final class ZfsRoot implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ZfsRoot.class);

    /** Only root writes here, and a restart of the machine empties it. */
    private static final Path LOCKS = Path.of("/run/understudy");

    private final ZfsLayout layout;
    private final Path mount;
    private final FileChannel lock;

    private ZfsRoot(ZfsLayout layout, Path mount, FileChannel lock) {
        this.layout = layout;
        this.mount = mount;
        this.lock = lock;
    }

    /** @param mount directory below which generations are mounted */
    static ZfsRoot open(Datasets zfs, DatasetName root, Path mount) throws IOException {
        ZfsLayout layout = new ZfsLayout(root);
        Optional<Dataset> present = zfs.find(root);
        if (present.isEmpty()) {
            zfs.createFileSystem(
                    root,
                    List.of(
                            new Setting.MountPoint(mount),
                            Setting.Fixed.NAME_ONLY,
                            Setting.Fixed.SNAPSHOT_DEVICES,
                            Setting.Fixed.NO_PARTITIONS,
                            Setting.Fixed.COMPRESSED,
                            Setting.Fixed.NO_ACCESS_TIMES),
                    Map.of(ZfsLayout.LAYOUT, ZfsLayout.LAYOUT_VERSION));
            log.info("{} made", root);
            present = zfs.find(root);
        }
        requireOurs(zfs, root);
        FileChannel lock = lock(root, present.orElseThrow());
        try {
            if (!zfs.value(root, "mountpoint").equals(mount.toString())) {
                zfs.set(root, new Setting.MountPoint(mount));
                log.info("{} is mounted below {} from now on", root, mount);
            }
            make(zfs, layout.hosts(), List.of(Setting.Fixed.NAME_ONLY));
            make(zfs, layout.clones(), List.of(Setting.Fixed.NAME_ONLY, Setting.Fixed.NOT_MOUNTED));
            make(zfs, layout.reserve(), List.of(Setting.Fixed.NAME_ONLY, Setting.Fixed.NOT_MOUNTED));
            return new ZfsRoot(layout, mount, lock);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static void requireOurs(Datasets zfs, DatasetName root) {
        String version = zfs.properties(root, List.of(ZfsLayout.LAYOUT)).get(ZfsLayout.LAYOUT.value());
        if (version == null) {
            throw ZfsProblems.unavailable(root + " is there but was not made by Understudy; name another one in"
                            + " understudy.storage.dataset")
                    .asException();
        }
        if (!version.equals(ZfsLayout.LAYOUT_VERSION)) {
            throw ZfsProblems.unavailable(root + " has layout " + version + " of another Understudy")
                    .asException();
        }
    }

    private static void make(Datasets zfs, DatasetName name, Collection<Setting.Fixed> settings) {
        if (zfs.find(name).isEmpty()) {
            zfs.createFileSystem(name, settings, Map.of());
        }
    }

    private static FileChannel lock(DatasetName root, Dataset identity) throws IOException {
        Files.createDirectories(LOCKS);
        FileChannel file = FileChannel.open(
                LOCKS.resolve("zfs-" + identity.guid() + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = file.tryLock();
            if (lock != null) {
                return file;
            }
        } catch (OverlappingFileLockException e) {
            file.close();
            throw inUse(root).asException(e);
        }
        file.close();
        throw inUse(root).asException();
    }

    private static Problem inUse(DatasetName root) {
        return ZfsProblems.unavailable("another server uses " + root);
    }

    ZfsLayout layout() {
        return layout;
    }

    Path mount() {
        return mount;
    }

    /** Everything stays mounted: the pool belongs to the machine. */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            log.warn("the lock of {} was not released: {}", layout.root(), e.toString());
        }
    }
}
