package org.understudy.server.hypervisor.libvirt;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;

/**
 * A mount as {@code /proc/self/mountinfo} describes it (proc(5)).
 *
 * @param shared mounts made on it reach other namespaces
 */
record MountPoint(Path path, boolean shared) {

    /** The mount that a directory lies on: the deepest, of equally deep ones the last. */
    static Optional<MountPoint> holding(Path directory, String mountinfo) {
        return mountinfo
                .lines()
                .map(MountPoint::parse)
                .filter(mount -> directory.startsWith(mount.path))
                .reduce((a, b) -> Comparator.<MountPoint>comparingInt(m -> m.path.getNameCount())
                                        .compare(b, a)
                                >= 0
                        ? b
                        : a);
    }

    private static MountPoint parse(String line) {
        String[] fields = line.split(" ", -1);
        boolean shared = false;
        for (int i = 6; i < fields.length && !fields[i].equals("-"); i++) {
            shared |= fields[i].startsWith("shared:");
        }
        return new MountPoint(
                Path.of(fields[4]
                        .replace("\\040", " ")
                        .replace("\\011", "\t")
                        .replace("\\012", "\n")
                        .replace("\\134", "\\")),
                shared);
    }
}
