package org.understudy.zfs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.core.command.Command;
import org.understudy.zfs.name.BookmarkName;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/** Arguments of {@code zfs}. Only exact numbers and tab-separated tables are asked for ({@code -H -p}). Source: zfs(8). */
final class ZfsCommands {

    static final String DATASET_COLUMNS = "name,guid,volsize,origin,creation";
    static final String SNAPSHOT_COLUMNS = "name,guid,createtxg,creation,used,userrefs";

    /** A command waits for a transaction group, which on a loaded pool takes its time. */
    static final Duration STALL_LIMIT = Duration.ofMinutes(10);

    private ZfsCommands() {}

    private static Command zfs(String... arguments) {
        return Command.of("zfs").and(arguments).withStallLimit(STALL_LIMIT);
    }

    static Command version() {
        return zfs("version");
    }

    static Command listDatasets(DatasetName root) {
        return zfs("list", "-H", "-p", "-r", "-t", "filesystem,volume", "-o", DATASET_COLUMNS, root.value());
    }

    static Command dataset(DatasetName name) {
        return zfs("list", "-H", "-p", "-t", "filesystem,volume", "-o", DATASET_COLUMNS, name.value());
    }

    static Command listSnapshots(DatasetName dataset) {
        return zfs(
                "list",
                "-H",
                "-p",
                "-d",
                "1",
                "-t",
                "snapshot",
                "-s",
                "createtxg",
                "-o",
                SNAPSHOT_COLUMNS,
                dataset.value());
    }

    static Command listSnapshotsBelow(DatasetName root) {
        return zfs("list", "-H", "-p", "-r", "-t", "snapshot", "-s", "createtxg", "-o", SNAPSHOT_COLUMNS, root.value());
    }

    static Command snapshotInfo(SnapshotName name) {
        return zfs("list", "-H", "-p", "-t", "snapshot", "-o", SNAPSHOT_COLUMNS, name.toString());
    }

    static Command listBookmarks(DatasetName dataset) {
        return zfs("list", "-H", "-p", "-d", "1", "-t", "bookmark", "-o", "name,guid", dataset.value());
    }

    static Command createFileSystem(
            DatasetName name, Collection<? extends Setting> settings, Map<PropertyName, String> properties) {
        return zfs("create", "-u")
                .and(settings.stream()
                        .flatMap(setting -> Stream.of("-o", setting.assignment()))
                        .toArray(String[]::new))
                .and(options(properties))
                .and(name.value());
    }

    static Command set(DatasetName name, Setting setting) {
        return zfs("set", setting.assignment(), name.value());
    }

    static Command mount(DatasetName fileSystem) {
        return zfs("mount", fileSystem.value());
    }

    static Command createVolume(DatasetName name, VolumeSpec spec) {
        return zfs("create", "-s", "-V", Long.toString(spec.bytes()))
                .and("-b", Integer.toString(spec.blockBytes()), "-o", "compression=" + spec.compression())
                .and(options(spec.properties()))
                .and(name.value());
    }

    static Command resize(DatasetName volume, long bytes) {
        return zfs("set", "volsize=" + bytes, volume.value());
    }

    /** All in one transaction: of {@code root} and everything below it if {@code recursive}, else of each that is named. */
    static Command snapshot(Collection<SnapshotName> names, boolean recursive, Map<PropertyName, String> properties) {
        return (recursive ? zfs("snapshot", "-r") : zfs("snapshot"))
                .and(options(properties))
                .and(names.stream().map(SnapshotName::toString).toArray(String[]::new));
    }

    static Command cloneSnapshot(SnapshotName origin, DatasetName clone, Map<PropertyName, String> properties) {
        return zfs("clone").and(options(properties)).and(origin.toString(), clone.value());
    }

    static Command promote(DatasetName clone) {
        return zfs("promote", clone.value());
    }

    static Command rename(DatasetName from, DatasetName to) {
        return zfs("rename", from.value(), to.value());
    }

    static Command hold(SnapshotName snapshot, HoldTag tag) {
        return zfs("hold", tag.value(), snapshot.toString());
    }

    static Command release(SnapshotName snapshot, HoldTag tag) {
        return zfs("release", tag.value(), snapshot.toString());
    }

    static Command holds(SnapshotName snapshot) {
        return zfs("holds", "-H", "-p", snapshot.toString());
    }

    static Command bookmark(SnapshotName snapshot, BookmarkName bookmark) {
        return zfs("bookmark", snapshot.toString(), bookmark.toString());
    }

    /** Never with {@code -r} or {@code -R}: what lies below is destroyed one by one, each by its identity. */
    static Command destroy(String name) {
        return zfs("destroy", name);
    }

    /** What the destruction of these snapshots of one dataset together would free; nothing is destroyed. */
    static Command reclaimable(DatasetName dataset, Collection<SnapshotName> snapshots) {
        String names = snapshots.stream().map(SnapshotName::name).collect(Collectors.joining(","));
        return zfs("destroy", "-n", "-v", "-p", dataset + "@" + names);
    }

    static Command set(String name, PropertyName property, String value) {
        return zfs("set", property.assignment(value), name);
    }

    static Command unset(String name, PropertyName property) {
        return zfs("inherit", property.value(), name);
    }

    /** Values that were set on it, not inherited ones. */
    static Command get(String name, Collection<PropertyName> properties) {
        String names = properties.stream().map(PropertyName::value).collect(Collectors.joining(","));
        return zfs("get", "-H", "-p", "-s", "local,received", "-o", "property,value", names, name);
    }

    /** Values that were set on snapshots, of {@code depth} levels below {@code root}; a snapshot is a level. */
    static Command getOfSnapshots(DatasetName root, int depth) {
        return zfs(
                "get",
                "-H",
                "-p",
                "-d",
                Integer.toString(depth),
                "-t",
                "snapshot",
                "-s",
                "local,received",
                "-o",
                "name,property,value",
                "all",
                root.value());
    }

    static Command nativeValue(String name, String property) {
        return zfs("get", "-H", "-p", "-o", "value", property, name);
    }

    static Command usage(DatasetName name) {
        return zfs(
                "list",
                "-H",
                "-p",
                "-o",
                "usedbydataset,usedbysnapshots,usedbychildren,usedbyrefreservation,available",
                name.value());
    }

    static Command sendSize(SendRequest request) {
        return zfs("send", "-n", "-P").and(sendOptions(request));
    }

    static Command send(SendRequest request) {
        return zfs("send").and(sendOptions(request));
    }

    static Command receive(DatasetName destination) {
        // Unmounted, resumable, and never -F: a receive must not undo what the destination holds.
        return zfs("receive", "-s", "-u", destination.value());
    }

    static Command discardPartial(DatasetName destination) {
        return zfs("receive", "-A", destination.value());
    }

    static Command waitForDevices() {
        return Command.of("udevadm", "settle");
    }

    private static String[] sendOptions(SendRequest request) {
        List<String> options = new ArrayList<>();
        if (request.resumeToken().isPresent()) {
            options.addAll(List.of("-t", request.resumeToken().get()));
            return options.toArray(String[]::new);
        }
        switch (request.form()) {
            case RAW -> options.add("-w");
            case COMPRESSED -> options.addAll(List.of("-c", "-L", "-e"));
            case PLAIN -> options.add("-L");
        }
        request.from().ifPresent(from -> options.addAll(List.of("-i", from)));
        options.add(request.snapshot().toString());
        return options.toArray(String[]::new);
    }

    private static String[] options(Map<PropertyName, String> properties) {
        List<String> options = new ArrayList<>();
        Map<String, String> sorted = new TreeMap<>();
        properties.forEach((name, value) -> sorted.put(name.value(), name.assignment(value)));
        sorted.values().forEach(assignment -> options.addAll(List.of("-o", assignment)));
        return options.toArray(String[]::new);
    }
}
