package org.understudy.zfs.name;

import java.util.List;

/** The name of a pool: starts with a letter and is none of the words that mean a kind of device to {@code zpool}. */
public record PoolName(String value) {

    private static final List<String> RESERVED = List.of("mirror", "raidz", "draid", "spare");

    public PoolName {
        Names.component(value, "the name of a pool");
        Names.length(value, "the name of a pool");
        if (!Character.isLetter(value.charAt(0))) {
            throw new IllegalArgumentException("the name of a pool starts with a letter: '" + value + "'");
        }
        if (value.equals("log") || RESERVED.stream().anyMatch(value::startsWith) || value.matches("c[0-9].*")) {
            throw new IllegalArgumentException("the name of a pool is reserved: '" + value + "'");
        }
    }

    /** The file system at the top of the pool. */
    public DatasetName dataset() {
        return new DatasetName(value);
    }

    @Override
    public String toString() {
        return value;
    }
}
