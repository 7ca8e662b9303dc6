package org.understudy.zfs;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.understudy.core.command.CommandRunner;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.PoolName;

/** Pools and their devices. Failures are {@link ZfsException}s. Thread-safe. */
public final class Pools {

    private final Tool tool;
    private final boolean json;

    private Pools(Tool tool, boolean json) {
        this.tool = tool;
        this.json = json;
    }

    /** Asks the version once, and reads what this version offers. */
    public static Pools on(CommandRunner commands) {
        return new Pools(
                new Tool(commands), new Datasets(commands).capabilities().contains(ZfsCapability.JSON_OUTPUT));
    }

    public List<Pool> list() {
        return PoolStatusParser.pools(tool.output(ZpoolCommands.list()));
    }

    public PoolStatus status(PoolName name) {
        String output = tool.output(ZpoolCommands.status(name, json));
        return json ? PoolStatusParser.json(name, output) : PoolStatusParser.text(name, output);
    }

    /** Makes a pool; devices that hold anything are refused with {@link ZfsError.DeviceInUse}. */
    public void create(PoolSpec spec) {
        tool.output(ZpoolCommands.create(spec));
    }

    /** @param directory where to look instead of among all disks */
    public List<Importable> importable(Optional<Path> directory) {
        return PoolStatusParser.importable(tool.output(ZpoolCommands.importable(directory)));
    }

    public void importPool(Guid pool, Optional<PoolName> newName, Optional<Path> directory) {
        tool.output(ZpoolCommands.importPool(pool, newName, directory));
    }

    public void export(PoolName name) {
        tool.output(ZpoolCommands.export(name));
    }

    /** Destroys a pool with all that it holds, if it is the one that is meant. */
    public void destroy(PoolName name, Guid identity) {
        Pool found = list().stream()
                .filter(pool -> pool.name().equals(name))
                .findAny()
                .orElseThrow(
                        () -> new ZfsException(new ZfsError.PoolMissing(name.value()), "not in the list of pools"));
        if (!found.guid().equals(identity)) {
            throw new ZfsException(
                    new ZfsError.NotOurs(name.value(), identity, found.guid()), "refused before any command");
        }
        tool.output(ZpoolCommands.destroy(name));
    }

    /** Starts to read all data and compare it with its checksums; {@link ZfsError.ScrubRunning} if that runs already. */
    public void scrub(PoolName name) {
        tool.output(ZpoolCommands.scrub(name));
    }

    public void stopScrub(PoolName name) {
        tool.output(ZpoolCommands.stopScrub(name));
    }

    /** Starts to tell the devices which blocks are free. */
    public void trim(PoolName name) {
        tool.output(ZpoolCommands.trim(name));
    }

    /** Starts to copy what {@code old} should hold to {@code with}, which then takes its place. */
    public void replace(PoolName name, String old, Path with) {
        tool.output(ZpoolCommands.replace(name, device(old), absolute(with)));
    }

    /** Makes a mirror of a device, or a wider one of a mirror. */
    public void attach(PoolName name, String existing, Path added) {
        tool.output(ZpoolCommands.attach(name, device(existing), absolute(added)));
    }

    public void detach(PoolName name, String device) {
        tool.output(ZpoolCommands.detach(name, device(device)));
    }

    public void offline(PoolName name, String device) {
        tool.output(ZpoolCommands.offline(name, device(device)));
    }

    /** @param expand use all of a device that has grown */
    public void online(PoolName name, String device, boolean expand) {
        tool.output(ZpoolCommands.online(name, device(device), expand));
    }

    /** Sets the error counters back, after their cause has gone. */
    public void clearErrors(PoolName name) {
        tool.output(ZpoolCommands.clearErrors(name));
    }

    /** Returns when everything written before is on the disks. */
    public void sync(PoolName name) {
        tool.output(ZpoolCommands.sync(name));
    }

    /** What happened to the pool, as far back as the kernel remembers. */
    public PoolEvents events(PoolName name) {
        return PoolStatusParser.events(tool.output(ZpoolCommands.events(name)));
    }

    /** A path, or the identity of a device that has gone and has no path any more. */
    private static String device(String text) {
        if (!text.startsWith("/") && !text.matches("[0-9]{1,20}")) {
            throw new IllegalArgumentException("not an absolute path or the identity of a device: '" + text + "'");
        }
        return text;
    }

    private static Path absolute(Path device) {
        PoolSpec.check(device);
        return device;
    }
}
