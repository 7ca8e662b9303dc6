package org.understudy.zfs;

import java.nio.file.Path;

/** A property of ZFS itself that a dataset may be given. Source: zfsprops(7). */
public sealed interface Setting {

    /** {@code name=value} as the tools take it. */
    String assignment();

    /** Where a file system and those below it are mounted. */
    record MountPoint(Path directory) implements Setting {

        public MountPoint {
            if (!directory.isAbsolute() || directory.toString().chars().anyMatch(Character::isISOControl)) {
                throw new IllegalArgumentException("not an absolute path to mount on: " + directory);
            }
        }

        @Override
        public String assignment() {
            return "mountpoint=" + directory;
        }
    }

    /**
     * Space that is kept for a dataset and those below it, whether they use it or not.
     *
     * @param bytes 0 gives it up
     */
    record Reservation(long bytes) implements Setting {

        public Reservation {
            if (bytes < 0) {
                throw new IllegalArgumentException("not a size: " + bytes);
            }
        }

        @Override
        public String assignment() {
            return bytes == 0 ? "reservation=none" : "reservation=" + bytes;
        }
    }

    /** Those without a value of their own. */
    enum Fixed implements Setting {
        /** Neither this file system nor, unless they say otherwise, those below it have a place to be mounted on. */
        NOT_MOUNTED("mountpoint=none"),
        /** This file system is only a part of the names of those below it. */
        NAME_ONLY("canmount=off"),
        /** Snapshots of volumes have block devices. */
        SNAPSHOT_DEVICES("snapdev=visible"),
        /** The kernel looks for no partitions in volumes: they hold disks of other machines. */
        NO_PARTITIONS("volmode=dev"),
        COMPRESSED("compression=lz4"),
        /** Reading a file is no write. */
        NO_ACCESS_TIMES("atime=off");

        private final String assignment;

        Fixed(String assignment) {
            this.assignment = assignment;
        }

        @Override
        public String assignment() {
            return assignment;
        }
    }
}
