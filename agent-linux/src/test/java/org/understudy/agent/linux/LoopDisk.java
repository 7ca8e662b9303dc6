package org.understudy.agent.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;

/** A loop device over a sparse file, with what is mounted from it; everything is undone on close. */
final class LoopDisk implements AutoCloseable {

    private final CommandRunner commands = new ProcessCommandRunner();
    private final Deque<Command> undo = new ArrayDeque<>();
    private final Path backing;
    private final Path device;

    LoopDisk(Path directory, long bytes) throws IOException {
        this(directory, "disk.img", bytes);
    }

    LoopDisk(Path directory, String name, long bytes) throws IOException {
        backing = directory.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(backing.toFile(), "rw")) {
            file.setLength(bytes);
        }
        device = Path.of(run("losetup", "--find", "--show", backing.toString()).strip());
        undo.push(Command.of("losetup", "--detach", device.toString()));
    }

    String run(String... argv) {
        return commands.run(Command.of(argv)).orThrow().output();
    }

    /** Exit status of a program that may fail. */
    int status(String... argv) {
        return commands.run(Command.of(argv)).exitStatus();
    }

    Path backing() {
        return backing;
    }

    Path device() {
        return device;
    }

    /** Makes the kernel know a partition, which it does not find by itself everywhere. */
    Path addPartition(int number, long offsetBytes, long sizeBytes) {
        run(
                "addpart",
                device.toString(),
                Integer.toString(number),
                Long.toString(offsetBytes / 512),
                Long.toString(sizeBytes / 512));
        undo.push(Command.of("delpart", device.toString(), Integer.toString(number)));
        return Path.of(device + "p" + number);
    }

    /** Makes a device node that udev would make. */
    Path partitionNode(Path partition) throws IOException {
        if (!Files.exists(partition)) {
            String[] number = Files.readString(
                            Path.of("/sys/class/block", partition.getFileName().toString(), "dev"))
                    .strip()
                    .split(":", -1);
            run("mknod", partition.toString(), "b", number[0], number[1]);
            undo.push(Command.of("rm", "-f", partition.toString()));
        }
        return partition;
    }

    void format(String fileSystem, Path target) {
        switch (fileSystem) {
            case "ext4" -> run("mkfs.ext4", "-q", "-F", target.toString());
            case "xfs" -> run("mkfs.xfs", "-q", "-f", target.toString());
            case "btrfs" -> run("mkfs.btrfs", "-q", "-f", target.toString());
            default -> throw new IllegalArgumentException(fileSystem);
        }
    }

    void mount(Path source, Path mountPoint) throws IOException {
        Files.createDirectories(mountPoint);
        run("mount", source.toString(), mountPoint.toString());
        undo.push(Command.of("umount", mountPoint.toString()));
    }

    @Override
    public void close() {
        while (!undo.isEmpty()) {
            Command command = undo.pop();
            if (!commands.run(command).succeeded() && command.argv().get(0).equals("umount")) {
                commands.run(Command.of("umount", "--lazy", command.argv().get(1)));
            }
        }
    }
}
