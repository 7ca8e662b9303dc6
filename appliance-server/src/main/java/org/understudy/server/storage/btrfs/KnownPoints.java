package org.understudy.server.storage.btrfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.VolumeSnapshot;

/**
 * The records of a host's points in memory, so that a run does not read those of all points again. They are believed while the time of
 * the directory's last change is the one that we left; other hands cost a new reading, not an error. The caller serialises the
 * operations of a host.
 */
final class KnownPoints {

    private final PoolLayout layout;
    private final Map<HostId, Known> known = new ConcurrentHashMap<>();

    KnownPoints(PoolLayout layout) {
        this.layout = layout;
    }

    /** A point and its place in the order of its host. */
    record Entry(long sequence, VolumeSnapshot snapshot) {

        PointId point() {
            return snapshot.point();
        }
    }

    private record Known(FileTime changed, List<Entry> entries) {}

    /** Work on the pool. */
    interface Reading {
        List<Entry> read() throws IOException;
    }

    /** A change of the pool. */
    interface Change {
        void run() throws IOException;
    }

    /** Points in their order. */
    List<Entry> of(HostId host, Reading reading) throws IOException {
        Optional<FileTime> before = changed(host);
        Known present = known.get(host);
        if (before.isPresent() && present != null && present.changed().equals(before.get())) {
            return present.entries();
        }
        List<Entry> entries = List.copyOf(reading.read());
        remember(host, before, entries);
        return entries;
    }

    /** Changes the pool and what is known of it alike. */
    void change(HostId host, Change change, UnaryOperator<List<Entry>> same) throws IOException {
        Optional<FileTime> before = changed(host);
        Known present = known.remove(host);
        change.run();
        if (before.isPresent() && present != null && present.changed().equals(before.get())) {
            remember(host, changed(host), List.copyOf(same.apply(present.entries())));
        }
    }

    private void remember(HostId host, Optional<FileTime> changed, List<Entry> entries) {
        if (changed.isPresent()) {
            known.put(host, new Known(changed.get(), entries));
        }
    }

    private Optional<FileTime> changed(HostId host) throws IOException {
        Path directory = layout.points(host);
        try {
            return Optional.of(Files.getLastModifiedTime(directory));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
