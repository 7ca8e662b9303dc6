package org.understudy.core.extent;

/**
 * A byte range of a disk.
 *
 * @param offset first byte
 * @param length number of bytes, at least 1
 */
public record Extent(long offset, long length) implements Comparable<Extent> {

    public Extent {
        if (offset < 0 || length < 1 || offset > Long.MAX_VALUE - length) {
            throw new IllegalArgumentException("not an extent: offset " + offset + ", length " + length);
        }
    }

    /** The range from {@code start} (inclusive) to {@code end} (exclusive). */
    public static Extent between(long start, long end) {
        return new Extent(start, end - start);
    }

    /** First byte after this extent. */
    public long end() {
        return offset + length;
    }

    public boolean overlaps(Extent other) {
        return offset < other.end() && other.offset < end();
    }

    @Override
    public int compareTo(Extent other) {
        int byOffset = Long.compare(offset, other.offset);
        return byOffset != 0 ? byOffset : Long.compare(length, other.length);
    }
}
