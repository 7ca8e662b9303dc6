package org.understudy.server.files;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place for a file system in a point, as text {@code disk0-2} or {@code disk0}.
 *
 * @param disk number of the disk in the point
 * @param partition as Linux counts, from 1; 0: the whole disk
 */
public record FileSystemId(int disk, int partition) implements Comparable<FileSystemId> {

    private static final Pattern TEXT = Pattern.compile("disk(0|[1-9]\\d{0,5})(?:-([1-9]\\d{0,5}))?");

    public FileSystemId {
        if (disk < 0 || partition < 0) {
            throw new IllegalArgumentException("not a file system: disk " + disk + ", partition " + partition);
        }
    }

    /** @throws IllegalArgumentException if {@code text} is not an id in its canonical form */
    public static FileSystemId parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a file system: " + text);
        }
        return new FileSystemId(
                Integer.parseInt(matcher.group(1)), matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2)));
    }

    @Override
    public int compareTo(FileSystemId other) {
        return disk != other.disk ? Integer.compare(disk, other.disk) : Integer.compare(partition, other.partition);
    }

    @Override
    public String toString() {
        return partition == 0 ? "disk" + disk : "disk" + disk + "-" + partition;
    }
}
