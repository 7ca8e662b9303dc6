package org.understudy.server.files.quick;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;

/**
 * Mounts parts of an image read-only and takes them down. The loop device of a mount is made and, whatever happens, detached by the
 * kernel together with it. Stateless but for the runner.
 */
final class Mounts {

    private static final Logger log = LoggerFactory.getLogger(Mounts.class);

    private static final Path TABLE = Path.of("/proc/self/mountinfo");
    private static final int MOUNT_POINT = 4;

    /** An image of ext can say that the kernel shall panic at its first error; {@code errors=} overrules it. */
    private static final String EXT = "noload,errors=continue";

    /** Type by {@code blkid}: driver and options, none of which replays a journal. */
    private static final Map<String, List<String>> KNOWN = Map.of(
            "ext2", List.of("ext4", EXT),
            "ext3", List.of("ext4", EXT),
            "ext4", List.of("ext4", EXT),
            "xfs", List.of("xfs", "norecovery,nouuid"),
            "btrfs", List.of("btrfs", "rescue=nologreplay"));

    private final CommandRunner runner;

    Mounts(CommandRunner runner) {
        this.runner = runner;
    }

    static boolean knows(String type) {
        return KNOWN.containsKey(type);
    }

    /**
     * Mounts a file system on an empty folder.
     *
     * @return why the kernel refused it, in English; empty: it is mounted
     * @throws org.understudy.core.problem.ProblemException {@code COMMAND_MISSING}, {@code COMMAND_STALLED}, {@code CANCELLED}
     */
    Optional<String> mount(Path image, DiskLayout.Found found, Path folder) {
        List<String> driver = KNOWN.get(found.type());
        if (driver == null) {
            throw new IllegalArgumentException("not mounted here: " + found.type());
        }
        String options = "ro,nosuid,nodev,noexec,loop,offset=" + found.offset() + ",sizelimit=" + found.size() + ","
                + driver.get(1);
        CommandResult result = runner.run(Command.of(
                "mount",
                "--internal-only",
                "--types",
                driver.get(0),
                "--options",
                options,
                image.toString(),
                folder.toString()));
        if (result.succeeded()) {
            return Optional.empty();
        }
        log.warn(
                "{} of {} was not mounted: {}",
                found.id(),
                image,
                result.errorOutput().strip());
        return Optional.of("the kernel refused to mount it as " + found.type());
    }

    /**
     * Unmounts; a mount that somebody looks into goes when he ends.
     *
     * @throws org.understudy.core.problem.ProblemException {@code COMMAND_*}
     */
    void unmount(Path folder) {
        CommandResult result = runner.run(Command.of("umount", "--internal-only", folder.toString()));
        if (!result.succeeded()) {
            log.warn(
                    "{} is busy and is unmounted lazily: {}",
                    folder,
                    result.errorOutput().strip());
            runner.run(Command.of("umount", "--internal-only", "--lazy", folder.toString()))
                    .orThrow();
        }
    }

    /** Everything that is mounted below a folder, the last mount first. */
    static List<Path> below(Path folder) {
        List<Path> found = new ArrayList<>();
        // Compared as text: names of other mounts need not be paths that this server's locale can write.
        String prefix = folder + "/";
        try {
            for (String line : Files.readAllLines(TABLE, StandardCharsets.ISO_8859_1)) {
                String[] fields = line.split(" ");
                if (fields.length > MOUNT_POINT) {
                    String mount = unescaped(fields[MOUNT_POINT]);
                    if (mount.startsWith(prefix)) {
                        found.add(Path.of(mount));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Collections.reverse(found);
        return found;
    }

    /** Blanks, line ends and backslashes are octal there (proc_pid_mountinfo(5)). */
    private static String unescaped(String field) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int at = 0; at < field.length(); at++) {
            if (field.charAt(at) == '\\' && at + 3 < field.length()) {
                bytes.write(Integer.parseInt(field.substring(at + 1, at + 4), 8));
                at += 3;
            } else {
                bytes.write(field.charAt(at));
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
