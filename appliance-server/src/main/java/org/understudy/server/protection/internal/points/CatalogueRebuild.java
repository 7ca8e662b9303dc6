package org.understudy.server.protection.internal.points;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost.ProtectedDisk;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.RecoveryPoints.RebuildReport;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.server.storage.VolumeStore;

/**
 * Makes the catalogue equal to the pool. Reads only; nothing in the pool is changed. A host that cannot be read keeps its
 * rows: absent and unknown are not the same.
 */
@Component
class CatalogueRebuild {

    private static final Logger log = LoggerFactory.getLogger(CatalogueRebuild.class);

    private final PointCatalogue catalogue;
    private final VolumeStore store;
    private final Fleet fleet;

    CatalogueRebuild(PointCatalogue catalogue, VolumeStore store, Fleet fleet) {
        this.catalogue = catalogue;
        this.store = store;
        this.fleet = fleet;
    }

    /** Counts of one rebuild. */
    private static final class Tally {
        int hosts;
        int points;
        int added;
        int removed;
        final List<String> problems = new ArrayList<>();
    }

    synchronized RebuildReport run() {
        Tally tally = new Tally();
        List<HostId> inPool = store.hosts();
        for (HostId host : inPool) {
            try {
                rebuild(host, tally);
                tally.hosts++;
            } catch (ProblemException e) {
                tally.problems.add("host " + host + ": " + e.problem().english());
            }
        }
        for (HostId host : catalogue.hosts()) {
            if (!inPool.contains(host)) {
                forgetAll(catalogue.pointsOf(host), tally);
            }
        }
        tally.problems.forEach(problem -> log.warn("rebuild: {}", problem));
        log.info(
                "catalogue rebuilt: {} hosts, {} points, {} added, {} removed, {} problems",
                tally.hosts,
                tally.points,
                tally.added,
                tally.removed,
                tally.problems.size());
        return new RebuildReport(tally.hosts, tally.points, tally.added, tally.removed, List.copyOf(tally.problems));
    }

    private void rebuild(HostId host, Tally tally) {
        List<VolumeSnapshot> snapshots = store.snapshots(host);
        Set<PointId> before = catalogue.pointsOf(host);
        List<Manifest> readable = new ArrayList<>();
        for (VolumeSnapshot snapshot : snapshots) {
            try {
                Manifest manifest =
                        ManifestFile.read(store.snapshotMeta(host, snapshot.point()), host, snapshot.point());
                catalogue.index(snapshot);
                readable.add(manifest);
                tally.points++;
                if (!before.contains(snapshot.point())) {
                    tally.added++;
                }
            } catch (ProblemException e) {
                tally.problems.add("host " + host + ", point " + snapshot.point() + ": "
                        + e.problem().english());
            }
            before.remove(snapshot.point());
        }
        forgetAll(before, tally);
        if (!readable.isEmpty()) {
            restore(host, readable);
        }
    }

    private void forgetAll(Set<PointId> points, Tally tally) {
        points.forEach(catalogue::forget);
        tally.removed += points.size();
    }

    /** Disks of all manifests keep their numbers; those of the newest are the selected ones. */
    private void restore(HostId host, List<Manifest> oldestFirst) {
        Manifest newest = oldestFirst.get(oldestFirst.size() - 1);
        Map<Integer, ProtectedDisk> disks = new TreeMap<>();
        for (Manifest manifest : oldestFirst) {
            for (Manifest.ManifestDisk disk : manifest.disks()) {
                disks.put(disk.number(), new ProtectedDisk(disk.number(), disk.key(), false));
            }
        }
        for (Manifest.ManifestDisk disk : newest.disks()) {
            disks.put(disk.number(), new ProtectedDisk(disk.number(), disk.key(), true));
        }
        Instant enrolledAt = newest.hostEnrolledAt();
        fleet.restore(host, newest.hostName(), enrolledAt, List.copyOf(disks.values()));
    }
}
