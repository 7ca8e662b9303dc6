package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.agent.linux.device.DeviceNumber;
import org.understudy.agent.snapshot.FileSystemMount;

/** Which file systems are mounted from a disk. Stateless. */
final class MountFinder {

    private final KernelFiles files;
    private final DeviceTree devices;

    MountFinder(KernelFiles files) {
        this.files = files;
        devices = new DeviceTree(files);
    }

    /** A mount with the place of its file system on the disk that was asked for. */
    record Found(MountEntry mount, int order, long offsetBytes) {}

    /** One reachable mount for each file system of the disk, in the order of mounting. */
    List<FileSystemMount> mountsOf(String disk) throws IOException {
        Map<DeviceNumber, Found> chosen = new LinkedHashMap<>();
        List<MountEntry> table = files.mounts();
        for (Found found : allOf(disk, table)) {
            Found before = chosen.get(found.mount().device());
            // Any mount of a file system will do, but one that can be reached; the order is that of the first.
            if (before == null) {
                chosen.put(found.mount().device(), found);
            } else if (isHidden(before.mount(), table) && !isHidden(found.mount(), table)) {
                chosen.put(found.mount().device(), new Found(found.mount(), before.order(), found.offsetBytes()));
            }
        }
        return chosen.values().stream()
                .map(found -> new FileSystemMount(
                        found.mount().mountPoint(),
                        found.mount().type(),
                        found.offsetBytes(),
                        found.order(),
                        !found.mount().readOnly()))
                .toList();
    }

    /** Every mount point that shows a file system of the disk. */
    List<Path> mountPointsOf(String disk) throws IOException {
        return allOf(disk, files.mounts()).stream()
                .map(found -> found.mount().mountPoint())
                .toList();
    }

    /** Where the file system that begins at this offset of the disk is mounted. */
    Optional<Path> mountPointAt(String disk, long offsetBytes) throws IOException {
        return mountsOf(disk).stream()
                .filter(mount -> mount.offsetBytes() == offsetBytes)
                .map(FileSystemMount::mountPoint)
                .findFirst();
    }

    private List<Found> allOf(String disk, List<MountEntry> table) throws IOException {
        List<Found> found = new ArrayList<>();
        for (int order = 0; order < table.size(); order++) {
            MountEntry mount = table.get(order);
            for (DeviceNumber device : devices.devicesOf(mount)) {
                for (DeviceTree.Place place : devices.placesOf(device)) {
                    if (place.disk().equals(disk)) {
                        found.add(new Found(mount, order, place.offsetBytes()));
                    }
                }
            }
        }
        return found;
    }

    /** Whether a later mount lies over the mount point, so that its path leads elsewhere. */
    private static boolean isHidden(MountEntry mount, List<MountEntry> table) {
        boolean later = false;
        for (MountEntry other : table) {
            if (later
                    && other.id() != mount.id()
                    && mount.mountPoint().startsWith(other.mountPoint())
                    && !descends(mount, other, table)) {
                return true;
            }
            later |= other.id() == mount.id();
        }
        return false;
    }

    private static boolean descends(MountEntry mount, MountEntry ancestor, List<MountEntry> table) {
        int parent = mount.parent();
        for (int steps = 0; steps < table.size(); steps++) {
            if (parent == ancestor.id()) {
                return true;
            }
            int wanted = parent;
            Optional<MountEntry> next =
                    table.stream().filter(entry -> entry.id() == wanted).findFirst();
            if (next.isEmpty() || next.get().parent() == parent) {
                return false;
            }
            parent = next.get().parent();
        }
        return false;
    }
}
