package org.understudy.zfs;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.BookmarkName;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.SnapshotName;

/** Reads the tables of {@code zfs -H -p}. A line that is not understood is a failure, never an omission. */
final class ZfsParser {

    private ZfsParser() {}

    static List<Dataset> datasets(String output) {
        return rows(
                output,
                5,
                f -> new Dataset(
                        new DatasetName(f[0]),
                        Guid.parse(f[1]),
                        given(f[2]).map(Long::valueOf),
                        given(f[3]).map(SnapshotName::parse),
                        Instant.ofEpochSecond(Long.parseLong(f[4]))));
    }

    static List<Snapshot> snapshots(String output) {
        return rows(
                output,
                6,
                f -> new Snapshot(
                        SnapshotName.parse(f[0]),
                        Guid.parse(f[1]),
                        Long.parseLong(f[2]),
                        Instant.ofEpochSecond(Long.parseLong(f[3])),
                        Long.parseLong(f[4]),
                        Integer.parseInt(f[5])));
    }

    static Map<BookmarkName, Guid> bookmarks(String output) {
        Map<BookmarkName, Guid> all = new TreeMap<>(java.util.Comparator.comparing(BookmarkName::toString));
        rows(output, 2, f -> Map.entry(BookmarkName.parse(f[0]), Guid.parse(f[1])))
                .forEach(entry -> all.put(entry.getKey(), entry.getValue()));
        return all;
    }

    /** Tags of the holds. */
    static Set<String> holds(String output) {
        return new TreeSet<>(rows(output, 3, f -> f[1]));
    }

    /** Property to value. */
    static Map<String, String> properties(String output) {
        Map<String, String> all = new TreeMap<>();
        rows(output, 2, f -> all.put(f[0], f[1]));
        return all;
    }

    /** Snapshot to property to value. */
    static Map<SnapshotName, Map<String, String>> snapshotProperties(String output) {
        Map<SnapshotName, Map<String, String>> all = new HashMap<>();
        rows(
                output,
                3,
                f -> all.computeIfAbsent(SnapshotName.parse(f[0]), name -> new TreeMap<>())
                        .put(f[1], f[2]));
        return all;
    }

    static Usage usage(String output) {
        List<Usage> all = rows(
                output,
                5,
                f -> new Usage(
                        Long.parseLong(f[0]),
                        Long.parseLong(f[1]),
                        Long.parseLong(f[2]),
                        Long.parseLong(f[3]),
                        Long.parseLong(f[4])));
        return only(all, output);
    }

    /** Last line of a dry run: {@code size BYTES}. */
    static long sendSize(String output) {
        return lastNumber(output, "size");
    }

    /** Last line of a dry run: {@code reclaim BYTES}. */
    static long reclaimable(String output) {
        return lastNumber(output, "reclaim");
    }

    private static long lastNumber(String output, String name) {
        List<String> lines = output.lines().toList();
        String[] last =
                lines.isEmpty() ? new String[0] : lines.get(lines.size() - 1).split("\t", -1);
        if (last.length != 2 || !last[0].equals(name) || !last[1].matches("[0-9]{1,18}")) {
            throw unreadable(output, null);
        }
        return Long.parseLong(last[1]);
    }

    static <T> T only(List<T> all, String output) {
        if (all.size() != 1) {
            throw unreadable(output, null);
        }
        return all.get(0);
    }

    private static <T> List<T> rows(String output, int columns, Function<String[], T> read) {
        List<T> all = new ArrayList<>();
        for (String line : output.lines().toList()) {
            String[] fields = line.split("\t", -1);
            if (fields.length != columns) {
                throw unreadable(output, null);
            }
            try {
                all.add(read.apply(fields));
            } catch (IllegalArgumentException e) {
                throw unreadable(output, e);
            }
        }
        return all;
    }

    private static Optional<String> given(String field) {
        return field.equals("-") ? Optional.empty() : Optional.of(field);
    }

    private static ZfsException unreadable(String output, @org.jspecify.annotations.Nullable Exception cause) {
        ZfsException failure = new ZfsException(
                new ZfsError.Unreadable(output), cause == null ? output : cause.getMessage() + "\n" + output);
        if (cause != null) {
            failure.initCause(cause);
        }
        return failure;
    }
}
