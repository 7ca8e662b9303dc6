package org.understudy.server.storage.btrfs;

import java.nio.file.Path;
import java.time.Duration;
import org.understudy.core.command.Command;

/** The command lines of btrfs-progs and util-linux that the adapter uses. All paths are absolute. */
final class BtrfsCommands {

    /**
     * Commits wait in the kernel while other threads write dirty data, so the program itself shows no progress: gigabytes of
     * page cache on a slow disk take many minutes.
     */
    private static final Duration COMMIT_STALL_LIMIT = Duration.ofMinutes(30);

    private BtrfsCommands() {}

    /** Without {@code -f}: mkfs itself refuses a target that holds a file system or partitions. */
    static Command makeFileSystem(Path target) {
        return Command.of("mkfs.btrfs", "--quiet", "--label", "understudy", target.toString())
                .withStallLimit(COMMIT_STALL_LIMIT);
    }

    /** Exit status 2: nothing known is on the device. */
    static Command probe(Path device) {
        return Command.of("blkid", "--probe", "--output", "export", device.toString());
    }

    static Command listLoops(Path file) {
        return Command.of("losetup", "--json", "--list", "--output", "NAME,BACK-FILE", "--associated", file.toString());
    }

    /** Prints the device. Direct I/O avoids a second copy of every page in the cache of the file below. */
    static Command attachLoop(Path file, boolean directIo) {
        return Command.of("losetup", "--find", "--show", "--direct-io=" + (directIo ? "on" : "off"), file.toString());
    }

    static Command detachLoop(Path device) {
        return Command.of("losetup", "--detach", device.toString());
    }

    /** The loop device takes the new size of its file. */
    static Command refreshLoop(Path device) {
        return Command.of("losetup", "--set-capacity", device.toString());
    }

    /** Exit status 1: nothing is mounted there. */
    static Command findMount(Path directory) {
        return Command.of(
                "findmnt", "--json", "--output", "SOURCE,FSTYPE,TARGET", "--mountpoint", directory.toString());
    }

    /** Access times would turn every read of a disk image into a write. */
    static Command mount(Path device, Path directory) {
        return Command.of("mount", "-t", "btrfs", "-o", "noatime", device.toString(), directory.toString())
                .withStallLimit(COMMIT_STALL_LIMIT);
    }

    static Command unmount(Path directory) {
        return Command.of("umount", directory.toString()).withStallLimit(COMMIT_STALL_LIMIT);
    }

    static Command growToDevice(Path mount) {
        return Command.of("btrfs", "filesystem", "resize", "max", mount.toString());
    }

    static Command usage(Path mount) {
        return Command.of("btrfs", "filesystem", "usage", "-b", mount.toString());
    }

    /** Allocated blocks and the size of a block. */
    static Command allocation(Path file) {
        return Command.of("stat", "--format=%b %B", file.toString());
    }

    static Command allocate(Path file, long bytes) {
        return Command.of("fallocate", "--length", Long.toString(bytes), file.toString());
    }

    static Command sync(Path mount) {
        return Command.of("btrfs", "filesystem", "sync", mount.toString()).withStallLimit(COMMIT_STALL_LIMIT);
    }

    static Command createSubvolume(Path path) {
        return Command.of("btrfs", "subvolume", "create", path.toString());
    }

    static Command snapshot(Path source, Path target) {
        return Command.of("btrfs", "subvolume", "snapshot", source.toString(), target.toString())
                .withStallLimit(COMMIT_STALL_LIMIT);
    }

    static Command readOnlySnapshot(Path source, Path target) {
        return Command.of("btrfs", "subvolume", "snapshot", "-r", source.toString(), target.toString())
                .withStallLimit(COMMIT_STALL_LIMIT);
    }

    static Command deleteSubvolume(Path path) {
        return Command.of("btrfs", "subvolume", "delete", path.toString()).withStallLimit(COMMIT_STALL_LIMIT);
    }

    /** Names changed ranges without their data: cheap even where gigabytes changed. */
    static Command sendChanges(Path from, Path to, Path stream) {
        return Command.of(
                        "btrfs",
                        "--quiet",
                        "send",
                        "--no-data",
                        "-p",
                        from.toString(),
                        "-f",
                        stream.toString(),
                        to.toString())
                .withStallLimit(COMMIT_STALL_LIMIT);
    }
}
