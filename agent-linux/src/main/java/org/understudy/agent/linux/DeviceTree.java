package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.understudy.agent.linux.device.DeviceNumber;

/** How devices stand on one another, from sysfs: partitions on disks, mapped and RAID devices on others. Stateless. */
final class DeviceTree {

    private final KernelFiles files;

    DeviceTree(KernelFiles files) {
        this.files = files;
    }

    /**
     * A place on a whole disk.
     *
     * @param disk kernel name of the disk
     * @param offsetBytes where the device begins on the disk, or -1 if it does not lie there directly
     */
    record Place(String disk, long offsetBytes) {}

    /** The whole disks on which a device lies in the end; empty if it lies on none (memory, network). */
    List<Place> placesOf(DeviceNumber device) throws IOException {
        Path directory = files.sys().resolve("dev/block").resolve(device.toString());
        if (!Files.exists(directory)) {
            return List.of();
        }
        return placesOf(directory.toRealPath(), true, 0);
    }

    private List<Place> placesOf(Path directory, boolean direct, int depth) throws IOException {
        if (depth > 16) {
            throw new IOException("devices are stacked in a circle at " + directory);
        }
        List<String> slaves = files.names(directory.resolve("slaves"));
        if (!slaves.isEmpty()) {
            Set<Place> places = new LinkedHashSet<>();
            for (String slave : slaves) {
                places.addAll(
                        placesOf(directory.resolve("slaves").resolve(slave).toRealPath(), false, depth + 1));
            }
            return new ArrayList<>(places);
        }
        if (Files.exists(directory.resolve("partition"))) {
            String start = files.line(directory.resolve("start"));
            long offset = direct && start != null ? Long.parseLong(start) * 512 : -1;
            Path parent = directory.getParent();
            if (parent == null) {
                throw new IOException(directory + " is a partition without a disk");
            }
            // A partition of a mapped or RAID device has its parent's slaves below it.
            if (!files.names(parent.resolve("slaves")).isEmpty()) {
                return placesOf(parent, false, depth + 1);
            }
            return List.of(new Place(parent.getFileName().toString(), offset));
        }
        return List.of(new Place(directory.getFileName().toString(), direct ? 0 : -1));
    }

    /** The devices of a mounted file system: one, or several for btrfs. */
    List<DeviceNumber> devicesOf(MountEntry mount) throws IOException {
        if (mount.device().major() != 0) {
            return List.of(mount.device());
        }
        if (!mount.type().equals("btrfs")) {
            return List.of();
        }
        Path source = Path.of(mount.source());
        if (!Files.exists(source)) {
            return List.of();
        }
        DeviceNumber named = DeviceNumber.of(source.toRealPath());
        Path btrfs = files.sys().resolve("fs/btrfs");
        for (String id : files.names(btrfs)) {
            Path devices = btrfs.resolve(id).resolve("devices");
            List<DeviceNumber> members = new ArrayList<>();
            for (String name : files.names(devices)) {
                String number = files.line(devices.resolve(name).resolve("dev"));
                if (number != null) {
                    members.add(DeviceNumber.parse(number));
                }
            }
            if (members.contains(named)) {
                return members;
            }
        }
        return List.of(named);
    }
}
