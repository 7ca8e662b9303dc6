package org.understudy.zfs;

import java.nio.file.Path;
import java.util.Optional;
import org.understudy.core.command.Command;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.PoolName;

/** Arguments of {@code zpool}. Source: zpool(8) and its pages. */
final class ZpoolCommands {

    private ZpoolCommands() {}

    private static Command zpool(String... arguments) {
        return Command.of("zpool").and(arguments).withStallLimit(ZfsCommands.STALL_LIMIT);
    }

    /**
     * Without {@code -f}: the tool itself refuses devices that hold something. Blocks of 4 KiB suit every disk of today; the pool's
     * own file systems are never mounted by themselves.
     */
    static Command create(PoolSpec spec) {
        Command command = zpool(
                        "create",
                        "-o",
                        "ashift=12",
                        "-o",
                        "autotrim=off",
                        "-O",
                        "mountpoint=none",
                        "-O",
                        "canmount=off")
                .and(
                        "-O",
                        "compression=lz4",
                        "-O",
                        "atime=off",
                        "-O",
                        "snapdev=hidden",
                        spec.name().value());
        for (PoolSpec.Group group : spec.groups()) {
            command = command.and(group.arguments().toArray(String[]::new));
        }
        if (!spec.spares().isEmpty()) {
            command = command.and("spare")
                    .and(spec.spares().stream().map(Path::toString).toArray(String[]::new));
        }
        return command;
    }

    static Command list() {
        return zpool("list", "-H", "-p", "-o", "name,guid,size,alloc,free,frag,health");
    }

    static Command status(PoolName name, boolean json) {
        return json
                ? zpool("status", "-j", "--json-int", "-p", "-P", name.value())
                : zpool("status", "-p", "-P", name.value());
    }

    /** Pools that could be imported; nothing is imported. */
    static Command importable(Optional<Path> directory) {
        return directory.map(where -> zpool("import", "-d", where.toString())).orElseGet(() -> zpool("import"));
    }

    /** By identity, since names may be there twice; without mounting anything. */
    static Command importPool(Guid pool, Optional<PoolName> newName, Optional<Path> directory) {
        Command command = zpool("import", "-N");
        if (directory.isPresent()) {
            command = command.and("-d", directory.get().toString());
        }
        command = command.and(pool.toString());
        return newName.isPresent() ? command.and(newName.get().value()) : command;
    }

    static Command export(PoolName name) {
        return zpool("export", name.value());
    }

    static Command destroy(PoolName name) {
        return zpool("destroy", name.value());
    }

    static Command scrub(PoolName name) {
        return zpool("scrub", name.value());
    }

    static Command stopScrub(PoolName name) {
        return zpool("scrub", "-s", name.value());
    }

    static Command trim(PoolName name) {
        return zpool("trim", name.value());
    }

    static Command replace(PoolName name, String old, Path with) {
        return zpool("replace", name.value(), old, with.toString());
    }

    static Command attach(PoolName name, String existing, Path added) {
        return zpool("attach", name.value(), existing, added.toString());
    }

    static Command detach(PoolName name, String device) {
        return zpool("detach", name.value(), device);
    }

    static Command offline(PoolName name, String device) {
        return zpool("offline", name.value(), device);
    }

    /** With {@code -e}: takes all of a device that has grown. */
    static Command online(PoolName name, String device, boolean expand) {
        return expand ? zpool("online", "-e", name.value(), device) : zpool("online", name.value(), device);
    }

    static Command clearErrors(PoolName name) {
        return zpool("clear", name.value());
    }

    static Command sync(PoolName name) {
        return zpool("sync", name.value());
    }

    static Command events(PoolName name) {
        return zpool("events", "-H", name.value());
    }
}
