package org.understudy.server.protection.internal.runs;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage.DiskTransfer;
import org.understudy.core.protocol.AgentMessage.TransferFinished;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.Manifest.ManifestDisk;
import org.understudy.server.protection.internal.DurableFiles;
import org.understudy.server.protection.internal.Problems;
import org.understudy.server.protection.internal.points.ManifestFile;
import org.understudy.server.protection.internal.points.PoolProperties;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.server.storage.VolumeStore;

/** Step 1-14: the manifest and the snapshot that together are the recovery point. Thread-safe. */
@Component
class PointMaker {

    private static final Logger log = LoggerFactory.getLogger(PointMaker.class);

    private final VolumeStore store;
    private final Clock clock;

    PointMaker(VolumeStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /** @throws ProblemException and no snapshot of that id exists, unless the pool cannot even be asked */
    VolumeSnapshot make(LiveRun run, RunPlan plan, DigestIntake intake, TransferFinished finished, PointId point) {
        HostId host = run.host();
        List<ManifestDisk> disks = disks(plan, intake, finished);
        Instant takenAt = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Manifest manifest = new Manifest(
                ManifestFile.VERSION,
                point.toString(),
                host.toString(),
                plan.host().name(),
                plan.host().enrolledAt(),
                run.id().toString(),
                takenAt,
                finished.consistency(),
                finished.consistencyReason(),
                finished.frozenMillis(),
                disks,
                plan.facts());
        try {
            Path meta = store.headMeta(host);
            DurableFiles.removeParts(meta);
            ManifestFile.write(meta, manifest);
        } catch (IOException e) {
            throw Problems.ofPool(e);
        }
        Map<String, String> properties =
                PoolProperties.ofNewPoint(run.id(), takenAt, plan.host().name());
        try {
            return store.snapshot(host, point, properties);
        } catch (ProblemException e) {
            // The answer may have been lost after the deed; the pool knows.
            Optional<VolumeSnapshot> made = find(host, point, e);
            if (made.isEmpty()) {
                throw e;
            }
            log.warn(
                    "point {} exists though the pool reported a failure: {}",
                    point,
                    e.problem().english());
            return made.get();
        }
    }

    private Optional<VolumeSnapshot> find(HostId host, PointId point, ProblemException first) {
        try {
            return store.snapshot(host, point);
        } catch (ProblemException e) {
            first.addSuppressed(e);
            throw first;
        }
    }

    private static List<ManifestDisk> disks(RunPlan plan, DigestIntake intake, TransferFinished finished) {
        Map<String, DiskTransfer> transfers = new HashMap<>();
        finished.disks().forEach(transfer -> transfers.put(transfer.disk(), transfer));
        List<ManifestDisk> disks = new ArrayList<>();
        for (RunDisk disk : plan.disks()) {
            DiskTransfer transfer = transfers.get(disk.key());
            Optional<DigestIntake.Received> received = intake.received(disk);
            if (transfer == null || received.isEmpty()) {
                throw DataTransfer.violation("the digests of " + disk.key() + " did not arrive");
            }
            if (!received.get().isKnownAs(transfer.digestFileSha256().toLowerCase(Locale.ROOT))) {
                throw DataTransfer.violation(
                        "the digests of " + disk.key() + " are not those that the agent described");
            }
            disks.add(new ManifestDisk(
                    disk.number(),
                    disk.key(),
                    disk.sizeBytes(),
                    RunDisk.BLOCK_SIZE,
                    transfer.usedBytes(),
                    transfer.changedBytes(),
                    transfer.sentBytes(),
                    received.get().blocks(),
                    received.get().root()));
        }
        return List.copyOf(disks);
    }
}
