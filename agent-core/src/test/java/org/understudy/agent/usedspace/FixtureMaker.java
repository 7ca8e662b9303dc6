package org.understudy.agent.usedspace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Makes the file-system images among the test resources anew (as root, with the file systems' tools): {@code FixtureMaker FOLDER}.
 * Their contents are many small text files, so that they stay small.
 */
final class FixtureMaker {

    private static final long MIB = 1L << 20;

    private final Lab lab;
    private final Path folder;
    private final Path target;

    private FixtureMaker(Lab lab, Path folder, Path target) {
        this.lab = lab;
        this.folder = folder;
        this.target = target;
    }

    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory("fixtures");
        try (Lab lab = new Lab(folder)) {
            FixtureMaker maker = new FixtureMaker(lab, folder, Path.of(arguments[0]));
            maker.kernel("ext4-crashed", 24, "mkfs.ext4 -q -F -J size=4 -N 512", true);
            maker.kernel("ext3", 8, "mkfs.ext3 -q -F -b 1024 -g 1024 -J size=1 -N 256", false);
            maker.kernel("ext3-crashed", 8, "mkfs.ext3 -q -F -b 1024 -J size=1 -N 256", true);
            maker.kernel("ext4-bigalloc", 16, "mkfs.ext4 -q -F -O bigalloc -J size=4 -N 256", false);
            maker.kernel(
                    "ext4-meta_bg",
                    8,
                    "mkfs.ext4 -q -F -b 1024 -g 512 -O meta_bg,^resize_inode,^has_journal -N 256",
                    false);
            maker.kernel("xfs", 300, "mkfs.xfs -q -f", false);
            maker.kernel("btrfs", 120, "mkfs.btrfs -q -f", false);
            maker.kernel("btrfs-log", 120, "mkfs.btrfs -q -f", true);
            maker.tool("xfs-v4", 300, "mkfs.xfs -q -f -m crc=0,finobt=0,rmapbt=0,reflink=0");
            maker.tool("fat12", 4, "mkfs.vfat -F 12");
            maker.tool("fat32", 40, "mkfs.vfat -F 32");
            maker.tool("ntfs", 8, "mkntfs -F -Q -q");
            maker.tool("swap", 1, "mkswap -q");
        }
    }

    private void tool(String name, long mebibytes, String mkfs) throws IOException {
        Path image = lab.image(mebibytes * MIB);
        lab.run((mkfs + " " + image).split(" "));
        save(image, name);
    }

    private void kernel(String name, long mebibytes, String mkfs, boolean crashed) throws IOException {
        Path image = lab.image(mebibytes * MIB);
        lab.run((mkfs + " " + image).split(" "));
        Path point = lab.mount(image, "rw");
        for (int i = 0; i < 60; i++) {
            Path directory = Files.createDirectories(point.resolve("d" + i % 5));
            Files.writeString(directory.resolve("f" + i), "text\n".repeat(1 + 97 * i % 700));
            if (i % 3 == 2) {
                Files.delete(directory.resolve("f" + i));
            }
        }
        lab.run("sync", "-f", point.toString());
        Files.writeString(point.resolve("last"), "last\n".repeat(2000));
        lab.run("sync", "-d", point.resolve("last").toString());
        Path copy = folder.resolve("copy");
        if (crashed) {
            Files.copy(image, copy, StandardCopyOption.REPLACE_EXISTING);
        }
        lab.unmount();
        save(crashed ? copy : image, name);
    }

    private void save(Path image, String name) throws IOException {
        SparseImage.save(image, target.resolve(name + ".sparse.gz"));
    }
}
