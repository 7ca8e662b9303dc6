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
     * A place on a whole disk, or on a device that stands on others (mapped, RAID) and may be protected like a disk.
     *
     * @param disk kernel name of the disk
     * @param offsetBytes where the device begins on the disk, or -1 if it does not lie there directly
     */
    record Place(String disk, long offsetBytes) {}

    /** Where a device lies, on every level down to the whole disks; empty if it lies on none (memory, network). */
    List<Place> placesOf(DeviceNumber device) throws IOException {
        Path directory = files.sys().resolve("dev/block").resolve(device.toString());
        if (!Files.exists(directory)) {
            return List.of();
        }
        Set<Place> places = new LinkedHashSet<>();
        addPlaces(directory.toRealPath(), true, 0, places);
        return new ArrayList<>(places);
    }

    private void addPlaces(Path directory, boolean direct, int depth, Set<Place> places) throws IOException {
        if (depth > 16) {
            throw new IOException("devices are stacked in a circle at " + directory);
        }
        Path disk = directory;
        long offset = 0;
        if (Files.exists(directory.resolve("partition"))) {
            String start = files.line(directory.resolve("start"));
            Path parent = directory.getParent();
            if (parent == null) {
                throw new IOException(directory + " is a partition without a disk");
            }
            disk = parent;
            offset = start == null ? -1 : Long.parseLong(start) * 512;
        }
        places.add(new Place(disk.getFileName().toString(), direct ? offset : -1));
        for (String slave : files.names(disk.resolve("slaves"))) {
            addPlaces(disk.resolve("slaves").resolve(slave).toRealPath(), false, depth + 1, places);
        }
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
