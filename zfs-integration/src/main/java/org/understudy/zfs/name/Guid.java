package org.understudy.zfs.name;

/**
 * The identity of a pool, dataset or snapshot: stays through renames, and a snapshot's through send and receive.
 *
 * @param bits an unsigned number
 */
public record Guid(long bits) {

    public static Guid parse(String text) {
        return new Guid(Long.parseUnsignedLong(text));
    }

    /** The decimal form that the tools print. */
    @Override
    public String toString() {
        return Long.toUnsignedString(bits);
    }
}
