package org.understudy.zfs.name;

/**
 * {@code dataset@name}.
 *
 * @param name the part after {@code @}
 */
public record SnapshotName(DatasetName dataset, String name) {

    public SnapshotName {
        Names.component(name, "the name of a snapshot");
        Names.length(dataset + "@" + name, "the name of a snapshot");
    }

    public static SnapshotName parse(String text) {
        int at = text.indexOf('@');
        if (at < 0) {
            throw new IllegalArgumentException("not the name of a snapshot: '" + text + "'");
        }
        return new SnapshotName(new DatasetName(text.substring(0, at)), text.substring(at + 1));
    }

    @Override
    public String toString() {
        return dataset + "@" + name;
    }
}
