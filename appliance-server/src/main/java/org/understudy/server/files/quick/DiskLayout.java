package org.understudy.server.files.quick;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.server.files.FileSystemId;

/**
 * Finds what a disk image holds: partitions by {@code sfdisk}, file systems by the low-level probe of {@code blkid}. Both only read
 * signatures and tables. Stateless but for the runner.
 */
final class DiskLayout {

    /** Types of MBR entries that hold other entries, and no file system. */
    private static final Set<String> EXTENDED = Set.of("5", "f", "85", "c5");

    private static final int NOTHING_FOUND = 2;
    private static final int CONTRADICTING = 8;

    private final CommandRunner runner;

    DiskLayout(CommandRunner runner) {
        this.runner = runner;
    }

    /**
     * A place where a file system may be.
     *
     * @param offset in the image, bytes; {@code size} likewise
     * @param type as {@code blkid} names it, or {@code unknown}
     * @param fault why it cannot hold a file system that can be read, if that is known already
     */
    record Found(
            FileSystemId id,
            long offset,
            long size,
            String type,
            Optional<String> label,
            Optional<String> uuid,
            Optional<String> fault) {}

    /**
     * Looks at an image.
     *
     * @param size of the image, bytes
     * @return at least one, by number; a disk without anything known is one of type {@code unknown}
     * @throws org.understudy.core.problem.ProblemException {@code COMMAND_*} if a program cannot be run
     */
    List<Found> find(int disk, Path image, long size) {
        FileSystemId whole = new FileSystemId(disk, 0);
        Map<String, String> signature = probe(image, 0, size);
        String table = signature.getOrDefault("ID_PART_TABLE_TYPE", "");
        if (signature.containsKey("ID_FS_TYPE") || table.isEmpty()) {
            return List.of(found(whole, 0, size, signature));
        }
        CommandResult listed = runner.run(Command.of("sfdisk", "--json", image.toString()));
        Optional<PartitionList> partitions =
                listed.succeeded() ? PartitionList.parse(listed.output()) : Optional.empty();
        if (partitions.isEmpty() || partitions.get().onlyProtects()) {
            return List.of(new Found(
                    whole,
                    0,
                    size,
                    "unknown",
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of("the partition table is damaged or cut off")));
        }
        List<Found> found = new ArrayList<>();
        for (PartitionList.Entry entry : partitions.get().entries()) {
            if (!EXTENDED.contains(entry.type())) {
                found.add(look(image, size, new FileSystemId(disk, entry.number()), entry));
            }
        }
        return found.isEmpty() ? List.of(found(whole, 0, size, Map.of())) : found;
    }

    private Found look(Path image, long size, FileSystemId id, PartitionList.Entry entry) {
        if (entry.offset() < 0 || entry.size() <= 0 || entry.offset() > size || entry.size() > size - entry.offset()) {
            return new Found(
                    id,
                    entry.offset(),
                    Math.max(0, entry.size()),
                    "unknown",
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of("the partition does not lie inside of the disk"));
        }
        return found(id, entry.offset(), entry.size(), probe(image, entry.offset(), entry.size()));
    }

    private static Found found(FileSystemId id, long offset, long size, Map<String, String> signature) {
        return new Found(
                id,
                offset,
                size,
                signature.getOrDefault("ID_FS_TYPE", "unknown"),
                Optional.ofNullable(signature.get("ID_FS_LABEL_ENC")).map(UdevText::decode),
                Optional.ofNullable(signature.get("ID_FS_UUID_ENC")).map(UdevText::decode),
                Optional.ofNullable(signature.get("fault")));
    }

    private Map<String, String> probe(Path image, long offset, long size) {
        CommandResult result = runner.run(Command.of(
                "blkid",
                "--probe",
                "--output",
                "udev",
                "--offset",
                Long.toString(offset),
                "--size",
                Long.toString(size),
                image.toString()));
        if (result.exitStatus() == NOTHING_FOUND) {
            return Map.of();
        }
        if (result.exitStatus() == CONTRADICTING) {
            return Map.of("fault", "it has signatures of several file systems");
        }
        Map<String, String> values = new HashMap<>();
        for (String line : result.orThrow().lines()) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                values.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return values;
    }
}
