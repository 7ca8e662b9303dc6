package org.understudy.zfs.name;

import java.util.List;
import java.util.Optional;

/** The full name of a file system or volume: {@code pool/part/part}. */
public record DatasetName(String value) {

    public DatasetName {
        Names.length(value, "the name of a dataset");
        List<String> parts = List.of(value.split("/", -1));
        new PoolName(parts.get(0));
        parts.forEach(part -> Names.component(part, "the name of a dataset"));
    }

    public PoolName pool() {
        int slash = value.indexOf('/');
        return new PoolName(slash < 0 ? value : value.substring(0, slash));
    }

    /** Empty for the top of a pool. */
    public Optional<DatasetName> parent() {
        int slash = value.lastIndexOf('/');
        return slash < 0 ? Optional.empty() : Optional.of(new DatasetName(value.substring(0, slash)));
    }

    /** The last part of the name. */
    public String leaf() {
        return value.substring(value.lastIndexOf('/') + 1);
    }

    public DatasetName child(String part) {
        return new DatasetName(value + "/" + Names.component(part, "a part of the name of a dataset"));
    }

    public SnapshotName snapshot(String name) {
        return new SnapshotName(this, name);
    }

    public BookmarkName bookmark(String name) {
        return new BookmarkName(this, name);
    }

    /** Whether this is {@code other} or lies below it. */
    public boolean isWithin(DatasetName other) {
        return value.equals(other.value) || value.startsWith(other.value + "/");
    }

    @Override
    public String toString() {
        return value;
    }
}
