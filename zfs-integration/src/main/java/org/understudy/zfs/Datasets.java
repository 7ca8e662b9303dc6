package org.understudy.zfs;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.understudy.core.command.CommandRunner;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.BookmarkName;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/**
 * File systems, volumes, snapshots, clones, holds and bookmarks. Failures are {@link ZfsException}s. What is destroyed is named
 * together with the identity that the caller knows it by: if something else has taken the name, nothing happens. Thread-safe.
 */
public final class Datasets {

    private final Tool tool;

    public Datasets(CommandRunner commands) {
        this.tool = new Tool(commands);
    }

    public ZfsVersion version() {
        return ZfsVersion.parse(tool.output(ZfsCommands.version()));
    }

    public Set<ZfsCapability> capabilities() {
        return ZfsCapability.of(version());
    }

    /** {@code root} and everything below it. */
    public List<Dataset> list(DatasetName root) {
        return ZfsParser.datasets(tool.output(ZfsCommands.listDatasets(root)));
    }

    public Optional<Dataset> find(DatasetName name) {
        return present(() -> {
            String output = tool.output(ZfsCommands.dataset(name));
            return ZfsParser.only(ZfsParser.datasets(output), output);
        });
    }

    /** Snapshots of this dataset, not of those below it, in the order in which they were made. */
    public List<Snapshot> snapshots(DatasetName dataset) {
        return ZfsParser.snapshots(tool.output(ZfsCommands.listSnapshots(dataset)));
    }

    /** Snapshots of {@code root} and everything below it, in the order in which they were made. */
    public List<Snapshot> snapshotsBelow(DatasetName root) {
        return ZfsParser.snapshots(tool.output(ZfsCommands.listSnapshotsBelow(root)));
    }

    /** What was set on snapshots themselves, of ours and of ZFS; snapshots on which nothing was set are left out. */
    public Map<SnapshotName, Map<String, String>> snapshotProperties(DatasetName root, int depth) {
        return ZfsParser.snapshotProperties(tool.output(ZfsCommands.getOfSnapshots(root, depth)));
    }

    public Optional<Snapshot> find(SnapshotName name) {
        return present(() -> {
            String output = tool.output(ZfsCommands.snapshotInfo(name));
            return ZfsParser.only(ZfsParser.snapshots(output), output);
        });
    }

    /** Bookmarks of this dataset, each with the identity of the snapshot that it stands for. */
    public Map<BookmarkName, Guid> bookmarks(DatasetName dataset) {
        return ZfsParser.bookmarks(tool.output(ZfsCommands.listBookmarks(dataset)));
    }

    public void createFileSystem(DatasetName name, Map<PropertyName, String> properties) {
        createFileSystem(name, List.of(), properties);
    }

    /** The file system is not mounted by this. */
    public void createFileSystem(
            DatasetName name, Collection<? extends Setting> settings, Map<PropertyName, String> properties) {
        tool.output(ZfsCommands.createFileSystem(name, settings, properties));
    }

    /** The value of a property of ZFS, its own or inherited. */
    public String value(DatasetName name, String property) {
        return tool.output(ZfsCommands.nativeValue(name.value(), property)).strip();
    }

    public void set(DatasetName name, Setting setting) {
        tool.output(ZfsCommands.set(name, setting));
    }

    /** Mounts a file system on its place. */
    public void mount(DatasetName fileSystem) {
        tool.output(ZfsCommands.mount(fileSystem));
    }

    public void createVolume(DatasetName name, VolumeSpec spec) {
        tool.output(ZfsCommands.createVolume(name, spec));
    }

    /** The block device of a volume, once udev has made it. */
    public Path device(DatasetName volume) {
        tool.output(ZfsCommands.waitForDevices());
        return device(volume.value());
    }

    /** The block device of a volume's snapshot, once udev has made it; there is one only with {@code SNAPSHOT_DEVICES}. */
    public Path device(SnapshotName snapshot) {
        tool.output(ZfsCommands.waitForDevices());
        return device(snapshot.toString());
    }

    /** As zvol_id names it for udev. */
    private static Path device(String name) {
        return Path.of("/dev/zvol", name.replace(' ', '+'));
    }

    /** Grows a volume; a smaller size is refused, for it would cut data off. */
    public void grow(DatasetName volume, long bytes) {
        Dataset now = require(find(volume), volume.toString());
        long size = now.volumeBytes().orElseThrow(() -> new IllegalArgumentException(volume + " is not a volume"));
        if (bytes < size) {
            throw refused(new ZfsError.InvalidProperty(volume.value(), "volsize " + bytes + " is less than " + size));
        }
        tool.output(ZfsCommands.resize(volume, bytes));
    }

    /** Snapshots {@code root} and all below it in one transaction. */
    public void snapshotRecursively(SnapshotName root, Map<PropertyName, String> properties) {
        tool.output(ZfsCommands.snapshot(List.of(root), true, properties));
    }

    /** Makes several snapshots, each of another dataset of one pool, in one transaction. */
    public void snapshot(Collection<SnapshotName> names, Map<PropertyName, String> properties) {
        if (names.isEmpty()
                || names.stream().map(SnapshotName::dataset).distinct().count() != names.size()) {
            throw new IllegalArgumentException("one snapshot of each dataset, and at least one: " + names);
        }
        tool.output(ZfsCommands.snapshot(names, false, properties));
    }

    public void cloneSnapshot(SnapshotName origin, DatasetName clone, Map<PropertyName, String> properties) {
        tool.output(ZfsCommands.cloneSnapshot(origin, clone, properties));
    }

    /** Turns the dependence round: the clone takes over the snapshots up to its origin. */
    public void promote(DatasetName clone) {
        tool.output(ZfsCommands.promote(clone));
    }

    public void rename(DatasetName from, DatasetName to) {
        tool.output(ZfsCommands.rename(from, to));
    }

    /** Holds a snapshot; held by this tag already is success. */
    public void hold(SnapshotName snapshot, HoldTag tag) {
        tolerating(ZfsError.TagExists.class, () -> tool.output(ZfsCommands.hold(snapshot, tag)));
    }

    /** Releases a hold; not held by this tag is success. */
    public void release(SnapshotName snapshot, HoldTag tag) {
        tolerating(ZfsError.TagMissing.class, () -> tool.output(ZfsCommands.release(snapshot, tag)));
    }

    public Set<String> holds(SnapshotName snapshot) {
        return ZfsParser.holds(tool.output(ZfsCommands.holds(snapshot)));
    }

    /** Bookmarks a snapshot; a bookmark of the same snapshot and name already there is success. */
    public void bookmark(SnapshotName snapshot, String name) {
        BookmarkName bookmark = snapshot.dataset().bookmark(name);
        try {
            tool.output(ZfsCommands.bookmark(snapshot, bookmark));
        } catch (ZfsException e) {
            Guid wanted = require(find(snapshot), snapshot.toString()).guid();
            if (!(e.error() instanceof ZfsError.AlreadyExists)
                    || !wanted.equals(bookmarks(snapshot.dataset()).get(bookmark))) {
                throw e;
            }
        }
    }

    /** Destroys one snapshot if it is the one that is meant; already gone is success. */
    public void destroy(SnapshotName snapshot, Guid identity) {
        Optional<Snapshot> found = find(snapshot);
        if (found.isPresent()) {
            check(snapshot.toString(), identity, found.get().guid());
            tolerating(ZfsError.Missing.class, () -> tool.output(ZfsCommands.destroy(snapshot.toString())));
        }
    }

    /** Destroys one dataset, which nothing may lie below, if it is the one that is meant; already gone is success. */
    public void destroy(DatasetName dataset, Guid identity) {
        if (dataset.parent().isEmpty()) {
            throw new IllegalArgumentException("the top of a pool is not destroyed: " + dataset);
        }
        Optional<Dataset> found = find(dataset);
        if (found.isPresent()) {
            check(dataset.toString(), identity, found.get().guid());
            tolerating(ZfsError.Missing.class, () -> tool.output(ZfsCommands.destroy(dataset.value())));
        }
    }

    /** Destroys one bookmark if it stands for the snapshot that is meant; already gone is success. */
    public void destroy(BookmarkName bookmark, Guid identity) {
        Guid found = bookmarks(bookmark.dataset()).get(bookmark);
        if (found != null) {
            check(bookmark.toString(), identity, found);
            tolerating(ZfsError.Missing.class, () -> tool.output(ZfsCommands.destroy(bookmark.toString())));
        }
    }

    public void setProperty(DatasetName name, PropertyName property, String value) {
        tool.output(ZfsCommands.set(name.value(), property, value));
    }

    public void setProperty(SnapshotName name, PropertyName property, String value) {
        tool.output(ZfsCommands.set(name.toString(), property, value));
    }

    public void removeProperty(SnapshotName name, PropertyName property) {
        tool.output(ZfsCommands.unset(name.toString(), property));
    }

    /** Those of {@code wanted} that were set on this dataset itself. */
    public Map<String, String> properties(DatasetName name, Collection<PropertyName> wanted) {
        return ZfsParser.properties(tool.output(ZfsCommands.get(name.value(), wanted)));
    }

    public Map<String, String> properties(SnapshotName name, Collection<PropertyName> wanted) {
        return ZfsParser.properties(tool.output(ZfsCommands.get(name.toString(), wanted)));
    }

    public Usage usage(DatasetName name) {
        return ZfsParser.usage(tool.output(ZfsCommands.usage(name)));
    }

    /** Bytes that the destruction of all these snapshots of one dataset would free; nothing is destroyed. */
    public long reclaimableBytes(DatasetName dataset, Collection<SnapshotName> snapshots) {
        return snapshots.isEmpty()
                ? 0
                : ZfsParser.reclaimable(tool.output(ZfsCommands.reclaimable(dataset, snapshots)));
    }

    private static void check(String name, Guid expected, Guid found) {
        if (!expected.equals(found)) {
            throw refused(new ZfsError.NotOurs(name, expected, found));
        }
    }

    private static ZfsException refused(ZfsError error) {
        return new ZfsException(error, "refused before any command");
    }

    private static <T> T require(Optional<T> found, String name) {
        return found.orElseThrow(() -> refused(new ZfsError.Missing(name)));
    }

    private static <T> Optional<T> present(Supplier<T> question) {
        try {
            return Optional.of(question.get());
        } catch (ZfsException e) {
            if (e.error() instanceof ZfsError.Missing) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static void tolerating(Class<? extends ZfsError> already, Runnable action) {
        try {
            action.run();
        } catch (ZfsException e) {
            if (!already.isInstance(e.error())) {
                throw e;
            }
        }
    }
}
