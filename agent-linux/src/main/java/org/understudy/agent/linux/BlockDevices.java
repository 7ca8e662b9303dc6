package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.device.DeviceNumber;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Finds the disks of this host: the ones that the administrator named, or else all that are disks in the everyday sense. Looks
 * anew at each call, because disks come and go. Thread-safe.
 */
final class BlockDevices {

    /** Devices that are not disks: made of memory, of files, of other disks, or with a medium that changes. */
    private static final Pattern NOT_A_DISK =
            Pattern.compile("(loop|ram|zram|dm-|md|sr|fd|nbd|drbd|rbd|zd|mtdblock).*");

    private static final int KEY_LENGTH = 128;

    private final KernelFiles files;
    private final List<String> named;

    /**
     * @param named device files to offer; empty for all disks
     */
    BlockDevices(KernelFiles files, List<String> named) {
        this.files = files;
        this.named = List.copyOf(named);
    }

    /**
     * The disks that this host offers.
     *
     * @throws org.understudy.core.problem.ProblemException {@code DISK_NOT_FOUND} or {@code INVALID_REQUEST} if a named device is
     *     missing or is not a whole disk
     */
    List<BlockDevice> find() {
        List<BlockDevice> found = new ArrayList<>();
        if (named.isEmpty()) {
            for (String name : files.names(files.sys().resolve("block"))) {
                if (isDisk(name)) {
                    found.add(describe(name, files.dev().resolve(name), pathKey(name)));
                }
            }
        } else {
            for (String device : named) {
                found.add(describeNamed(device));
            }
        }
        return withUniqueKeys(found);
    }

    private boolean isDisk(String name) {
        Path directory = files.sys().resolve("block").resolve(name);
        String sectors = files.line(directory.resolve("size"));
        return !NOT_A_DISK.matcher(name).matches()
                && sectors != null
                && !sectors.equals("0")
                && !"1".equals(files.line(directory.resolve("hidden")));
    }

    private BlockDevice describeNamed(String device) {
        try {
            Path file = Path.of(device);
            DeviceNumber number = DeviceNumber.of(file.toRealPath());
            Path directory = files.sys().resolve("dev/block").resolve(number.toString());
            if (number.major() == 0 || !Files.exists(directory)) {
                throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", device + " is not a block device")
                        .asException();
            }
            if (Files.exists(directory.resolve("partition"))) {
                throw Problem.of(
                                ProblemCode.INVALID_REQUEST,
                                "reason",
                                device + " is a partition; name the whole disk that it lies on")
                        .asException();
            }
            String name = directory.toRealPath().getFileName().toString();
            String path = device.startsWith("/dev/") ? device.substring("/dev/".length()) : device;
            return describe(name, file, "path-" + clean(path));
        } catch (IOException e) {
            throw Problem.of(ProblemCode.DISK_NOT_FOUND, "disk", device).asException(e);
        }
    }

    private BlockDevice describe(String name, Path file, String pathKey) {
        Path directory = files.sys().resolve("block").resolve(name);
        String model = files.line(directory.resolve("device/model"));
        String serial = first(directory, "serial", "device/serial");
        String wwn = first(directory, "wwid", "device/wwid");
        String key = pathKey;
        if (wwn != null) {
            key = "wwn-" + clean(wwn);
        } else if (serial != null) {
            key = "serial-" + clean(serial);
        }
        return new BlockDevice(name, file, key.substring(0, Math.min(key.length(), KEY_LENGTH)), model, serial);
    }

    private @Nullable String first(Path directory, String... attributes) {
        for (String attribute : attributes) {
            String value = files.line(directory.resolve(attribute));
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    /** The path on the bus if udev made a link for it, since names such as {@code sda} change from boot to boot. */
    private String pathKey(String name) {
        Path links = files.dev().resolve("disk/by-path");
        for (String link : files.names(links)) {
            try {
                Path target = links.resolve(link).toRealPath();
                if (target.getFileName().toString().equals(name)) {
                    return "path-" + clean(link);
                }
            } catch (IOException e) {
                // A link to a device that has gone says nothing about this one.
                continue;
            }
        }
        return "path-" + clean(name);
    }

    /** Two devices with one key (cloned virtual disks, paths to one LUN) are told apart by their names. */
    private static List<BlockDevice> withUniqueKeys(List<BlockDevice> devices) {
        Map<String, Integer> count = new HashMap<>();
        devices.forEach(device -> count.merge(device.key(), 1, Integer::sum));
        return devices.stream()
                .map(device -> count.getOrDefault(device.key(), 1) == 1
                        ? device
                        : new BlockDevice(
                                device.name(),
                                device.file(),
                                "path-" + clean(device.name()),
                                device.model(),
                                device.serial()))
                .toList();
    }

    private static String clean(String text) {
        return text.strip().replaceAll("[^A-Za-z0-9._:-]+", "-");
    }
}
