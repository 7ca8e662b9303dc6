package org.understudy.zfs.name;

/**
 * {@code dataset#name}: what remains of a snapshot as the base of an incremental stream.
 *
 * @param name the part after {@code #}
 */
public record BookmarkName(DatasetName dataset, String name) {

    public BookmarkName {
        Names.component(name, "the name of a bookmark");
        Names.length(dataset + "#" + name, "the name of a bookmark");
    }

    public static BookmarkName parse(String text) {
        int hash = text.indexOf('#');
        if (hash < 0) {
            throw new IllegalArgumentException("not the name of a bookmark: '" + text + "'");
        }
        return new BookmarkName(new DatasetName(text.substring(0, hash)), text.substring(hash + 1));
    }

    @Override
    public String toString() {
        return dataset + "#" + name;
    }
}
