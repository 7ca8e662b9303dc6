package org.understudy.demo.machine;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;

/**
 * The protected machine, alive: its disk is attached, its file systems are mounted, and it changes its page and writes files.
 * Only the kernel of the machine itself is missing; nothing that the agent does can tell the difference.
 */
public final class LiveMachine implements AutoCloseable {

    private static final int FILE_BYTES = 1 << 20;
    private static final List<String> MOUNTABLE = List.of("ext2", "ext3", "ext4", "xfs", "btrfs");

    private final CommandRunner commands;
    private final LoopDisk disk;
    private final List<Path> mounts = new ArrayList<>();
    private final Path page;
    private final Path root;

    private LiveMachine(CommandRunner commands, LoopDisk disk, Path work, String pageInDisk) throws IOException {
        this.commands = commands;
        this.disk = disk;
        try {
            this.root = mountRoot(work, pageInDisk);
            mountRest();
            this.page = inside(pageInDisk);
            if (!Files.isRegularFile(page)) {
                throw new IllegalArgumentException("there is no file " + pageInDisk + " on this disk");
            }
        } catch (IOException | RuntimeException e) {
            unmount();
            throw e;
        }
    }

    /**
     * Attaches and mounts a disk.
     *
     * @param image raw image, written to from now on
     * @param work directory for mount points
     * @param pageInDisk absolute path of the page in the machine
     * @throws IllegalArgumentException if no file system of the disk holds the page
     */
    public static LiveMachine start(CommandRunner commands, Path image, Path work, String pageInDisk)
            throws IOException {
        LoopDisk disk = LoopDisk.attach(commands, image);
        try {
            return new LiveMachine(commands, disk, work, pageInDisk);
        } catch (IOException | RuntimeException e) {
            disk.close();
            throw e;
        }
    }

    public Path device() {
        return disk.device();
    }

    public LoopDisk disk() {
        return disk;
    }

    public Path root() {
        return root;
    }

    public byte[] page() throws IOException {
        return Files.readAllBytes(page);
    }

    /** Replaces the content of the page in place, as an editor would. */
    public void changePage(String content) throws IOException {
        Files.write(page, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes {@code count} files of a mebibyte of random data each, and removes every third of those written before. */
    public void writeFiles(String name, int count, Random random) throws IOException {
        Path directory = Files.createDirectories(page.resolveSibling("understudy-demo"));
        try (Stream<Path> old = Files.list(directory)) {
            for (Path file : old.sorted().toList()) {
                if (random.nextInt(3) == 0) {
                    Files.delete(file);
                }
            }
        }
        byte[] data = new byte[FILE_BYTES];
        for (int i = 0; i < count; i++) {
            random.nextBytes(data);
            try (OutputStream out = Files.newOutputStream(directory.resolve(name + "-" + i))) {
                out.write(data);
            }
        }
    }

    /** Bytes that can still be written next to the page. */
    public long freeBytes() throws IOException {
        return Files.getFileStore(page).getUsableSpace();
    }

    /** What happens to the machine on its worst day: all of its disk is gone. */
    public void destroy() throws IOException {
        close();
        Files.delete(disk.image());
    }

    @Override
    public void close() {
        unmount();
        disk.close();
    }

    private void unmount() {
        List<Path> last = new ArrayList<>(mounts);
        Collections.reverse(last);
        for (Path mount : last) {
            commands.run(Command.of("umount", mount.toString())).orThrow();
            mounts.remove(mount);
        }
    }

    private Path mountRoot(Path work, String pageInDisk) throws IOException {
        List<String> seen = new ArrayList<>();
        Path best = null;
        int number = 0;
        List<Path> devices = disk.partitions().isEmpty()
                ? List.of(disk.device())
                : disk.partitions().stream().map(LoopDisk.Partition::device).toList();
        for (Path device : devices) {
            Optional<String> type = blkid(device, "TYPE");
            seen.add(device.getFileName() + " " + type.orElse("unknown"));
            if (type.isEmpty() || !MOUNTABLE.contains(type.get())) {
                continue;
            }
            Path target = Files.createDirectories(work.resolve("live").resolve("mnt" + number++));
            mount(device, target, type.get(), "");
            Optional<Path> found = rootIn(target, pageInDisk);
            if (found.isPresent()) {
                return found.get();
            }
            if (best == null && hasSystem(target)) {
                best = target;
            } else {
                mounts.remove(target);
                commands.run(Command.of("umount", target.toString())).orThrow();
            }
        }
        if (best == null) {
            throw new IllegalArgumentException("no file system of this disk holds " + pageInDisk + "; found "
                    + String.join(", ", seen) + " (name another file with --page)");
        }
        return best;
    }

    private void mountRest() throws IOException {
        Path fstab = root.resolve("etc/fstab");
        if (!Files.isRegularFile(fstab, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        for (String line : Files.readAllLines(fstab, StandardCharsets.UTF_8)) {
            String[] fields = line.strip().split("\\s+", -1);
            if (fields.length < 3 || line.startsWith("#") || fields[1].equals("/") || !MOUNTABLE.contains(fields[2])) {
                continue;
            }
            Optional<Path> device = byName(fields[0]);
            Path target = inside(fields[1]);
            if (device.isPresent() && Files.isDirectory(target)) {
                String options = fields.length > 3 && fields[3].contains("subvol=")
                        ? fields[3].replaceFirst("^.*(subvol=[^,]+).*$", "$1")
                        : "";
                mount(device.get(), target, fields[2], options);
            }
        }
    }

    private Optional<Path> byName(String name) {
        for (LoopDisk.Partition partition : disk.partitions()) {
            for (String tag : List.of("UUID", "LABEL", "PARTUUID")) {
                Optional<String> value = blkid(partition.device(), tag);
                if (value.isPresent() && name.replace("\"", "").equals(tag + "=" + value.get())) {
                    return Optional.of(partition.device());
                }
            }
        }
        return Optional.empty();
    }

    private void mount(Path device, Path target, String type, String options) {
        String all = type.equals("xfs") ? "nouuid" : "noatime";
        if (!options.isEmpty()) {
            all += "," + options;
        }
        commands.run(Command.of(
                        "mount",
                        "-t",
                        type.startsWith("ext") ? "ext4" : type,
                        "-o",
                        all,
                        device.toString(),
                        target.toString()))
                .orThrow();
        mounts.add(target);
    }

    private Optional<String> blkid(Path device, String tag) {
        CommandResult result = commands.run(Command.of("blkid", "-p", "-s", tag, "-o", "value", device.toString()));
        String value = result.output().strip();
        if (tag.equals("PARTUUID")) {
            value = commands.run(Command.of("blkid", "-p", "-s", "PART_ENTRY_UUID", "-o", "value", device.toString()))
                    .output()
                    .strip();
        }
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    /** The root directory of the system in a mounted file system: the top, or a btrfs subvolume. */
    private static Optional<Path> rootIn(Path mount, String pageInDisk) throws IOException {
        if (Files.isRegularFile(resolve(mount, pageInDisk))) {
            return Optional.of(mount);
        }
        try (Stream<Path> children = Files.list(mount)) {
            return children.filter(child -> Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS))
                    .filter(child -> hasSystem(child) && Files.isRegularFile(resolve(child, pageInDisk)))
                    .findFirst();
        }
    }

    private static boolean hasSystem(Path root) {
        return Files.exists(root.resolve("etc"), LinkOption.NOFOLLOW_LINKS)
                && Files.exists(root.resolve("sbin"), LinkOption.NOFOLLOW_LINKS);
    }

    private Path inside(String absolute) {
        return resolve(root, absolute);
    }

    /** Follows symbolic links as the machine itself would: inside its own root, never out of it. */
    private static Path resolve(Path root, String absolute) {
        Path current = root;
        List<String> left = new ArrayList<>(List.of(absolute.split("/+", -1)));
        for (int links = 0; !left.isEmpty(); ) {
            String name = left.remove(0);
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            if (name.equals("..")) {
                current = current.equals(root) ? root : java.util.Objects.requireNonNull(current.getParent());
                continue;
            }
            Path next = current.resolve(name);
            if (Files.isSymbolicLink(next) && links++ < 40) {
                String target = readLink(next);
                if (target.startsWith("/")) {
                    current = root;
                }
                left.addAll(0, List.of(target.split("/+", -1)));
            } else {
                current = next;
            }
        }
        return current;
    }

    private static String readLink(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
