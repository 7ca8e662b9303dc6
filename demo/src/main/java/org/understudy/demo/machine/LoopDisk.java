package org.understudy.demo.machine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A disk image attached as a loop device with its partitions. They are added one by one ({@code BLKPG}, through
 * {@code addpart}), because a kernel without partition parsers finds none by itself.
 */
public final class LoopDisk implements AutoCloseable {

    private static final int SECTOR = 512;

    /** A partition as a device of its own. */
    public record Partition(int number, Path device) {}

    private final CommandRunner commands;
    private final Path image;
    private final Path device;
    private final List<Partition> partitions;
    private boolean attached = true;

    private LoopDisk(CommandRunner commands, Path image, Path device, List<Partition> partitions) {
        this.commands = commands;
        this.image = image;
        this.device = device;
        this.partitions = List.copyOf(partitions);
    }

    public static LoopDisk attach(CommandRunner commands, Path image) {
        String device = commands.run(Command.of("losetup", "--find", "--show", image.toString()))
                .orThrow()
                .output()
                .strip();
        List<Partition> partitions = new ArrayList<>();
        LoopDisk disk = new LoopDisk(commands, image, Path.of(device), partitions);
        try {
            for (JsonNode entry : partitionTable(commands, device)) {
                String node = entry.get("node").asString();
                int number = Integer.parseInt(node.replaceFirst("^.*?(\\d+)$", "$1"));
                long sectors = entry.get("size").asLong();
                if (isExtended(entry.get("type").asString())) {
                    continue;
                }
                commands.run(Command.of(
                                "addpart",
                                device,
                                Integer.toString(number),
                                Long.toString(entry.get("start").asLong()),
                                Long.toString(sectors)))
                        .orThrow();
                partitions.add(new Partition(number, Path.of(device + "p" + number)));
            }
        } catch (RuntimeException e) {
            disk.detach(partitions);
            throw e;
        }
        return new LoopDisk(commands, image, Path.of(device), partitions);
    }

    private static boolean isExtended(String type) {
        return type.equals("5") || type.equals("f") || type.equals("85");
    }

    /** Entries of the partition table as sfdisk tells them; none if the disk has no table. */
    private static Iterable<JsonNode> partitionTable(CommandRunner commands, String device) {
        var result = commands.run(Command.of("sfdisk", "--json", device));
        if (!result.succeeded()) {
            return List.of();
        }
        JsonNode table = JsonMapper.shared().readTree(result.output()).get("partitiontable");
        if (table.has("sectorsize") && table.get("sectorsize").asInt() != SECTOR) {
            throw new IllegalStateException("the disk has sectors of "
                    + table.get("sectorsize").asInt() + " bytes; only disks with sectors of 512 bytes can be attached");
        }
        JsonNode entries = table.get("partitions");
        return entries == null ? List.of() : entries.values();
    }

    public Path device() {
        return device;
    }

    public Path image() {
        return image;
    }

    public List<Partition> partitions() {
        return partitions;
    }

    @Override
    public void close() {
        if (attached) {
            attached = false;
            detach(partitions);
        }
    }

    private void detach(List<Partition> added) {
        for (Partition partition : added) {
            commands.run(Command.of("delpart", device.toString(), Integer.toString(partition.number())));
        }
        commands.run(Command.of("losetup", "--detach", device.toString())).orThrow();
    }
}
