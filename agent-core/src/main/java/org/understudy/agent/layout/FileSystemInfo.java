package org.understudy.agent.layout;

import org.jspecify.annotations.Nullable;

/**
 * What a volume holds.
 *
 * @param type as {@code blkid} names it: {@code ext4}, {@code xfs}, {@code LVM2_member} …, {@value #UNKNOWN} if nothing was
 *     recognised or several contradicting signatures were
 * @param label null if there is none
 * @param uuid in the form that {@code blkid} shows; null if there is none
 * @param ambiguity what contradicts, or null
 */
public record FileSystemInfo(
        String type,
        @Nullable String label,
        @Nullable String uuid,
        @Nullable String ambiguity) {

    public static final String UNKNOWN = "unknown";

    static FileSystemInfo unknown(@Nullable String ambiguity) {
        return new FileSystemInfo(UNKNOWN, null, null, ambiguity);
    }

    static FileSystemInfo of(String type, @Nullable String label, @Nullable String uuid) {
        return new FileSystemInfo(
                type,
                label == null || label.isEmpty() ? null : label,
                uuid == null || uuid.isEmpty() ? null : uuid,
                null);
    }

    /** Whether the first sector belongs to the file system, so that it cannot be a partition table. */
    boolean startsWithBootSector() {
        return type.equals("ntfs") || type.equals("vfat") || type.equals("exfat") || type.equals("xfs");
    }
}
