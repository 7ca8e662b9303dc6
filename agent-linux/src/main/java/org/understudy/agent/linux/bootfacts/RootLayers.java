package org.understudy.agent.linux.bootfacts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.understudy.agent.linux.device.DeviceNumber;
import org.understudy.core.protocol.MachineBoot;

/** What a file system stands on, down to the whole disks, from {@code slaves} in sysfs. */
final class RootLayers {

    private static final int MAX_DEPTH = 16;
    private static final int MAX_LAYERS = 64;

    /** Keys of the offered disks by kernel name. */
    private final Map<String, String> keys;

    private final Set<String> layers = new LinkedHashSet<>();
    private final Set<String> disks = new LinkedHashSet<>();
    private final Set<String> others = new LinkedHashSet<>();

    private RootLayers(Map<String, String> keys) {
        this.keys = keys;
    }

    /** @throws IOException if a device has gone, or devices are stacked in a circle */
    static MachineBoot.RootStack of(Path sys, String fileSystem, List<DeviceNumber> devices, Map<String, String> keys)
            throws IOException {
        RootLayers found = new RootLayers(keys);
        if (fileSystem.equals("btrfs") && devices.size() > 1) {
            found.layers.add("btrfs over " + devices.size() + " devices");
        }
        for (DeviceNumber device : devices) {
            Path directory = sys.resolve("dev/block").resolve(device.toString());
            found.descend(directory.toRealPath(), 0);
        }
        return new MachineBoot.RootStack(
                BoundedFiles.shown(fileSystem),
                new ArrayList<>(found.layers),
                new ArrayList<>(found.disks),
                new ArrayList<>(found.others));
    }

    private void descend(Path device, int depth) throws IOException {
        if (depth > MAX_DEPTH || layers.size() > MAX_LAYERS) {
            throw new IOException("devices are stacked too deep at " + device.getFileName());
        }
        Path disk = device;
        if (Files.exists(device.resolve("partition"))) {
            layers.add("partition");
            Path parent = device.getParent();
            if (parent == null) {
                throw new IOException(device + " is a partition without a disk");
            }
            disk = parent;
        }
        String name = disk.getFileName().toString();
        List<String> below = BoundedFiles.names(disk.resolve("slaves"));
        String key = keys.get(name);
        if (key != null) {
            // A device that stands on others is a disk all the same if it is offered as one.
            disks.add(key);
            layers.add("disk");
            return;
        }
        layers.add(kind(disk, name));
        if (below.isEmpty()) {
            others.add(BoundedFiles.shown(name));
        }
        for (String member : below) {
            descend(disk.resolve("slaves").resolve(member).toRealPath(), depth + 1);
        }
    }

    private static String kind(Path disk, String name) {
        String uuid = BoundedFiles.line(disk.resolve("dm/uuid")).orElse("");
        if (uuid.startsWith("LVM-")) {
            return "lvm";
        } else if (uuid.startsWith("CRYPT-")) {
            return "luks";
        } else if (uuid.startsWith("mpath-")) {
            return "multipath";
        } else if (name.startsWith("dm-")) {
            return "device mapper";
        } else if (Files.isDirectory(disk.resolve("md"))) {
            return BoundedFiles.shown(
                    "md " + BoundedFiles.line(disk.resolve("md/level")).orElse("?"));
        } else if (name.startsWith("loop")) {
            return "loop";
        }
        return "disk";
    }
}
