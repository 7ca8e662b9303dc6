package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file systems' own checking programs on an image. Stateless. */
final class FileSystemCheck {

    private FileSystemCheck() {}

    /** Exit status; 0 is clean. */
    static int of(LoopDisk disk, String fileSystem, Path image) throws IOException {
        switch (fileSystem) {
            case "ext4" -> {
                return disk.status("e2fsck", "-fn", image.toString());
            }
            case "btrfs" -> {
                return disk.status("btrfs", "check", "--readonly", image.toString());
            }
            case "xfs" -> {
                // A freeze leaves the log dirty by design: a mount replays it, then the check must be clean.
                Path mountPoint = image.resolveSibling("xfs");
                Files.createDirectories(mountPoint);
                disk.run("mount", "-o", "loop,nouuid", image.toString(), mountPoint.toString());
                disk.run("umount", mountPoint.toString());
                return disk.status("xfs_repair", "-n", image.toString());
            }
            default -> throw new IllegalArgumentException(fileSystem);
        }
    }
}
