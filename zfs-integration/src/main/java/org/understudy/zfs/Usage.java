package org.understudy.zfs;

/**
 * Where the space of a dataset went, in bytes.
 *
 * @param live what the dataset itself refers to and no snapshot does
 * @param points what only snapshots of it keep
 * @param children what lies below it
 * @param reserved set aside and not yet written
 * @param available what can still be written
 */
public record Usage(long live, long points, long children, long reserved, long available) {

    public long total() {
        return live + points + children + reserved;
    }
}
