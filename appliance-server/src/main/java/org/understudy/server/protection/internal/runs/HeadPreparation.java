package org.understudy.server.protection.internal.runs;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.internal.ProtectionSettings;
import org.understudy.server.protection.internal.points.ManifestFile;
import org.understudy.server.protection.internal.points.PointCatalogue;
import org.understudy.server.protection.internal.points.PoolProperties;
import org.understudy.server.storage.PoolUsage;
import org.understudy.server.storage.Volume;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.server.storage.VolumeStore;

/** Steps 1-4 and 1-7: a head that is known to equal the base, with a volume of the right size for every disk. Thread-safe. */
@Component
class HeadPreparation {

    /** Tag of the hold on a run's base; one that is left over belongs to a process that died. */
    static final String HOLD = "run";

    private static final Logger log = LoggerFactory.getLogger(HeadPreparation.class);

    private final VolumeStore store;
    private final PointCatalogue catalogue;
    private final Heads heads;
    private final RunExports exports;
    private final LiveRuns live;
    private final ProtectionSettings settings;

    HeadPreparation(
            VolumeStore store,
            PointCatalogue catalogue,
            Heads heads,
            RunExports exports,
            LiveRuns live,
            ProtectionSettings settings) {
        this.store = store;
        this.catalogue = catalogue;
        this.heads = heads;
        this.exports = exports;
        this.live = live;
        this.settings = settings;
    }

    /**
     * @param first whether the pool has no point of the host
     * @param note what is unusual, or empty
     */
    record Prepared(List<RunDisk> disks, Optional<PointId> base, boolean first, String note) {}

    Prepared prepare(LiveRun run, List<RunDisk> disks, RunHoldings holdings) {
        HostId host = run.host();
        List<VolumeSnapshot> snapshots = catalogue.snapshotsIndexed(host);
        requireSpace(0);
        exports.releaseStrays(live);
        releaseStrayHolds(snapshots);
        Optional<PointId> base = baseOf(host, snapshots);
        String note = "";
        if (base.isEmpty() && !snapshots.isEmpty()) {
            note = "the last point is suspect or unreadable: all used space is sent again";
        }
        if (base.isPresent()) {
            holdings.baseHeld(base.get());
            store.hold(host, base.get(), HOLD);
        }
        boolean clean = heads.isClean(host, base);
        holdings.headTouched(base);
        heads.markDirty(host);
        if (!clean) {
            heads.restore(host, base);
        }
        if (base.isPresent() && !digestsComplete(host, base.get(), disks)) {
            log.warn("point {} lacks digests of a disk; the head of host {} starts from zeros", base.get(), host);
            note = "digests of the last point are missing: all used space is sent again";
            base = Optional.empty();
            holdings.headTouched(base);
            heads.restore(host, base);
        }
        return new Prepared(createVolumes(host, disks, base), base, snapshots.isEmpty(), note);
    }

    /** This is the host's only run, so every hold of a run is one that could not be released when its run ended. */
    void releaseStrayHolds(List<VolumeSnapshot> snapshots) {
        for (VolumeSnapshot snapshot : snapshots) {
            if (snapshot.holds().contains(HOLD)) {
                store.release(snapshot.host(), snapshot.point(), HOLD);
            }
        }
    }

    /** The point to build on: the newest in the pool, unless it is suspect or cannot be read. */
    Optional<PointId> baseOf(HostId host, List<VolumeSnapshot> oldestFirst) {
        if (oldestFirst.isEmpty()) {
            return Optional.empty();
        }
        VolumeSnapshot newest = oldestFirst.get(oldestFirst.size() - 1);
        if (PoolProperties.suspect(newest)) {
            return Optional.empty();
        }
        try {
            ManifestFile.read(store.snapshotMeta(host, newest.point()), host, newest.point());
            return Optional.of(newest.point());
        } catch (ProblemException e) {
            if (e.problem().code() != ProblemCode.MANIFEST_UNREADABLE) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /** Every volume that the head has for a disk of this run must have its digests, or nobody knows what is on it. */
    private boolean digestsComplete(HostId host, PointId base, List<RunDisk> disks) {
        Set<Integer> existing = numbers(host);
        return disks.stream()
                .filter(disk -> existing.contains(disk.number()))
                .allMatch(disk ->
                        Files.isRegularFile(ManifestFile.digests(store.snapshotMeta(host, base), disk.number())));
    }

    private List<RunDisk> createVolumes(HostId host, List<RunDisk> disks, Optional<PointId> base) {
        Set<Integer> existing = numbers(host);
        List<RunDisk> result = new ArrayList<>();
        for (RunDisk disk : disks) {
            boolean based = base.isPresent() && existing.contains(disk.number());
            createVolume(host, disk);
            result.add(new RunDisk(disk.number(), disk.key(), disk.sizeBytes(), based));
        }
        return List.copyOf(result);
    }

    void createVolume(HostId host, RunDisk disk) {
        store.createVolume(new DiskId(host, disk.number()), new ByteSize(disk.sizeBytes()));
    }

    private Set<Integer> numbers(HostId host) {
        Set<Integer> numbers = new HashSet<>();
        for (Volume volume : store.volumes(host)) {
            numbers.add(volume.disk().number());
        }
        return numbers;
    }

    /** @param neededBytes what the run will surely write */
    void requireSpace(long neededBytes) {
        PoolUsage usage = store.usage();
        long reserve = usage.total().bytes() / 100 * settings.poolReservePercent();
        if (usage.free().bytes() - neededBytes < reserve || usage.free().bytes() == 0) {
            throw Problem.of(ProblemCode.POOL_FULL, "free", usage.free().toString())
                    .withDetails(new ByteSize(neededBytes) + " needed, " + new ByteSize(reserve) + " kept free")
                    .asException();
        }
    }
}
