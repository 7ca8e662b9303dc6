package org.understudy.agent.linux.tracking;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.linux.device.DeviceNumber;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.ProblemException;

/** Looks devices up in sysfs. Thread-safe. */
public final class DeviceProbe {

    private final Path sys;
    private final CommandRunner commands;

    /**
     * @param sys mount point of sysfs
     */
    public DeviceProbe(Path sys, CommandRunner commands) {
        this.sys = sys;
        this.commands = commands;
    }

    /**
     * The device behind a device file.
     *
     * @throws TrackingException if there is no such file, it is no block device, or it has no size
     */
    public TrackedDevice probe(Path deviceFile) throws TrackingException {
        DeviceNumber number;
        try {
            number = DeviceNumber.of(deviceFile.toRealPath());
        } catch (NoSuchFileException e) {
            throw TrackingException.unavailable(
                    deviceFile.toString(), "there is no such file", "Name a block device, such as /dev/sda.");
        } catch (IOException e) {
            throw TrackingException.unavailable(
                    deviceFile.toString(), "it cannot be looked at: " + e.getMessage(), "Name a block device.", e);
        }
        Path directory = sys.resolve("dev/block").resolve(number.toString());
        try {
            if (!isBlock(deviceFile) || number.major() == 0 || !Files.exists(directory)) {
                throw TrackingException.unavailable(
                        deviceFile.toString(), "it is not a block device", "Name a block device, such as /dev/sda.");
            }
            return read(number, directory.toRealPath());
        } catch (IOException | NumberFormatException e) {
            throw TrackingException.unavailable(
                    deviceFile.toString(),
                    "sysfs does not describe it: " + e.getMessage(),
                    "See whether the device is still there.",
                    e);
        }
    }

    /**
     * A device by its kernel name.
     *
     * @throws TrackingException if it is not there or has no size
     */
    TrackedDevice find(String name) throws TrackingException {
        Path directory = sys.resolve("class/block").resolve(name);
        try {
            if (!Files.exists(directory)) {
                throw TrackingException.unavailable(name, "there is no such device", "Name a block device.");
            }
            return read(DeviceNumber.parse(line(directory.resolve("dev"))), directory.toRealPath());
        } catch (IOException | NumberFormatException e) {
            throw TrackingException.unavailable(
                    name, "sysfs does not describe it: " + e.getMessage(), "See whether the device is still there.", e);
        }
    }

    /** Type bits of {@code st_mode}; a character device may have the number of a block device. */
    private static boolean isBlock(Path file) throws IOException {
        int mode = ((Number) Files.getAttribute(file, "unix:mode")).intValue();
        return (mode & 0xf000) == 0x6000;
    }

    private TrackedDevice read(DeviceNumber number, Path directory) throws IOException, TrackingException {
        String name = directory.getFileName().toString();
        boolean partition = Files.exists(directory.resolve("partition"));
        Path disk = partition ? parent(directory) : directory;
        long sectors = Long.parseLong(line(directory.resolve("size")));
        if (sectors == 0) {
            throw TrackingException.unavailable(
                    name, "it has no size: nothing is attached to it", "Attach it first, then start tracking.");
        }
        Path sequence = disk.resolve("diskseq");
        return new TrackedDevice(
                name,
                number,
                DeviceNumber.parse(line(disk.resolve("dev"))),
                partition ? Long.parseLong(line(directory.resolve("start"))) : 0,
                sectors,
                partition,
                Files.exists(sequence) ? Long.parseLong(line(sequence)) : -1,
                stack(disk),
                Files.exists(disk.resolve("mq")));
    }

    private static Path parent(Path directory) throws IOException {
        Path parent = directory.getParent();
        if (parent == null) {
            throw new IOException(directory + " is a partition without a disk");
        }
        return parent;
    }

    /** What a stacked device is made of: a change of it may change data without a write to the device. */
    private long stack(Path disk) throws IOException, TrackingException {
        List<String> parts = new ArrayList<>();
        boolean mapped = Files.exists(disk.resolve("dm"));
        for (String attribute : List.of("dm/uuid", "dm/name", "md/level", "md/raid_disks", "md/uuid")) {
            if (Files.exists(disk.resolve(attribute))) {
                parts.add(attribute + "=" + line(disk.resolve(attribute)));
            }
        }
        Path below = disk.resolve("slaves");
        if (Files.isDirectory(below)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(below)) {
                for (Path one : stream) {
                    parts.add(one.getFileName() + "=" + line(one.resolve("dev")));
                }
            }
        }
        if (mapped) {
            parts.add(table(line(disk.resolve("dm/name"))));
        }
        return parts.isEmpty() ? 0 : digest(parts);
    }

    /** The table of a mapped device, without keys; sysfs does not have it. */
    private String table(String name) throws TrackingException {
        try {
            CommandResult result = commands.run(Command.of("dmsetup", "table", name));
            if (result.succeeded()) {
                return result.output();
            }
            throw noTable(
                    name, "the program dmsetup says: " + result.errorOutput().strip());
        } catch (ProblemException e) {
            throw noTable(name, "without the program dmsetup a change of the mapping would go unnoticed");
        }
    }

    private static TrackingException noTable(String name, String reason) {
        return TrackingException.unavailable(name, reason, "Install the package dmsetup.");
    }

    private static long digest(List<String> parts) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            parts.stream().sorted().forEach(part -> sha.update((part + "\n").getBytes(StandardCharsets.UTF_8)));
            return java.nio.ByteBuffer.wrap(sha.digest()).getLong() | 1;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * Writes and discards that the kernel has counted as done on the device, or -1 if it does not count ({@code
     * Documentation/block/stat.rst}).
     */
    long writesDone(TrackedDevice device) {
        try {
            String[] fields = line(sys.resolve("dev/block")
                            .resolve(device.number().toString())
                            .resolve("stat"))
                    .split("\\s+", -1);
            long discards = fields.length > 11 ? Long.parseLong(fields[11]) : 0;
            return Long.parseLong(fields[4]) + discards;
        } catch (IOException | NumberFormatException e) {
            // The device went away, which its identity will show; there is nothing to count.
            return -1;
        }
    }

    /** Writes that the kernel has under way on the device; 0 if it does not say. */
    long inFlight(TrackedDevice device) {
        try {
            String[] fields = line(sys.resolve("dev/block")
                            .resolve(device.number().toString())
                            .resolve("inflight"))
                    .split("\\s+", -1);
            return Long.parseLong(fields[1]);
        } catch (IOException | NumberFormatException e) {
            // Not every driver counts; the waiting that this is for is a courtesy.
            return 0;
        }
    }

    /**
     * Time since the boot. Trackers live as long as a boot does, and the agent names no time of day.
     *
     * @throws IOException if procfs does not lie beside sysfs
     */
    Duration uptime() throws IOException {
        String seconds = line(sys.resolveSibling("proc").resolve("uptime")).split(" ", -1)[0];
        return Duration.ofMillis(new BigDecimal(seconds).movePointRight(3).longValue());
    }

    private static String line(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1).strip();
    }
}
