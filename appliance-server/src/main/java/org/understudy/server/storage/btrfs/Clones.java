package org.understudy.server.storage.btrfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.CloneId;
import org.understudy.server.storage.VolumeClone;

/** The writable clones of all hosts. Thread-safe by one lock. */
final class Clones {

    private final PoolLayout layout;
    private final Subvolumes subvolumes;
    private final Reserve reserve;

    Clones(PoolLayout layout, Subvolumes subvolumes, Reserve reserve) {
        this.layout = layout;
        this.subvolumes = subvolumes;
        this.reserve = reserve;
    }

    /** @param beforeNew runs before a clone that does not exist yet is made */
    synchronized VolumeClone make(VolumeClone wanted, Runnable beforeNew) throws IOException {
        Optional<VolumeClone> present = find(wanted.id());
        if (present.isPresent()) {
            if (present.get().equals(wanted)) {
                return wanted;
            }
            throw Problem.of(
                            ProblemCode.CONFLICT,
                            "reason",
                            "clone " + wanted.id() + " is a copy of point "
                                    + present.get().origin())
                    .asException();
        }
        beforeNew.run();
        Path clone = layout.clone(wanted.id());
        Records.Clone record =
                new Records.Clone(wanted.host().toString(), wanted.origin().toString());
        reserve.orSpend(() -> {
            subvolumes.deleteIfPresent(clone);
            subvolumes.snapshot(layout.point(wanted.host(), wanted.origin()), clone);
            Records.write(layout.cloneRecord(wanted.id()), record);
        });
        return wanted;
    }

    synchronized Optional<VolumeClone> find(CloneId id) throws IOException {
        Path file = layout.cloneRecord(id);
        Optional<Records.Clone> record = Records.readClone(file);
        if (record.isEmpty() || !Files.isDirectory(layout.clone(id))) {
            return Optional.empty();
        }
        try {
            return Optional.of(new VolumeClone(
                    id,
                    HostId.parse(record.get().host()),
                    PointId.parse(record.get().origin())));
        } catch (IllegalArgumentException e) {
            throw Records.damaged(file, e);
        }
    }

    synchronized List<VolumeClone> list() throws IOException {
        List<VolumeClone> clones = new ArrayList<>();
        for (Path file : DurableFiles.list(layout.clones())) {
            String name = String.valueOf(file.getFileName());
            if (name.endsWith(PoolLayout.RECORD_SUFFIX)) {
                CloneId id = new CloneId(name.substring(0, name.length() - PoolLayout.RECORD_SUFFIX.length()));
                find(id).ifPresent(clones::add);
            }
        }
        return clones;
    }

    /** Names of the clones of a point. */
    synchronized List<String> of(HostId host, PointId point) throws IOException {
        return list().stream()
                .filter(clone -> clone.host().equals(host) && clone.origin().equals(point))
                .map(clone -> "clone " + clone.id())
                .toList();
    }

    synchronized void destroy(CloneId id) throws IOException {
        DurableFiles.delete(layout.cloneRecord(id));
        subvolumes.deleteIfPresent(layout.clone(id));
    }
}
