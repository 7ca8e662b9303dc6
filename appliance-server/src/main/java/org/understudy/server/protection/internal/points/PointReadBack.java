package org.understudy.server.protection.internal.points;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.springframework.stereotype.Component;
import org.understudy.core.digest.CorruptDigestFileException;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.Manifest.ManifestDisk;
import org.understudy.server.protection.ProtectionEvents.VerificationProgressed;
import org.understudy.server.protection.RecoveryPoint.Mismatch;
import org.understudy.server.protection.RecoveryPoint.VerificationResult;
import org.understudy.server.protection.internal.Announcer;
import org.understudy.server.protection.internal.Problems;
import org.understudy.server.storage.VolumeStore;

/** Reads all disks of a point back and tells what it found; changes nothing. Progress at most twice a second. */
@Component
class PointReadBack {

    private static final int MISMATCHES_KEPT = 100;
    private static final long PROGRESS_NANOS = Duration.ofMillis(500).toNanos();

    private final VolumeStore store;
    private final Announcer announcer;
    private final Clock clock;
    private final MeterRegistry meters;

    PointReadBack(VolumeStore store, Announcer announcer, Clock clock, MeterRegistry meters) {
        this.store = store;
        this.announcer = announcer;
        this.clock = clock;
        this.meters = meters;
    }

    /** @param problem {@code MANIFEST_UNREADABLE} if a manifest or digest file cannot be believed; its disk counts as suspect */
    record Outcome(VerificationResult result, Optional<Problem> problem) {}

    /** One reading of a point. */
    private final class Reading {
        final HostId host;
        final PointId point;
        final BooleanSupplier stopping;
        final List<Mismatch> mismatches = new ArrayList<>();
        Optional<Problem> problem = Optional.empty();
        long count;
        long blocksBefore;
        long totalBlocks;
        long lastProgress = System.nanoTime();

        Reading(HostId host, PointId point, BooleanSupplier stopping) {
            this.host = host;
            this.point = point;
            this.stopping = stopping;
        }

        void progress(long blocksOfDisk) {
            if (stopping.getAsBoolean()) {
                throw VerificationQueue.cancelled(point);
            }
            long now = System.nanoTime();
            if (now - lastProgress >= PROGRESS_NANOS) {
                lastProgress = now;
                announcer.announce(new VerificationProgressed(point, host, blocksBefore + blocksOfDisk, totalBlocks));
            }
        }

        void mismatch(int disk, long offset, long length) {
            count++;
            if (mismatches.size() < MISMATCHES_KEPT) {
                mismatches.add(new Mismatch(disk, offset, length));
            }
        }

        void read(ManifestDisk disk) {
            int keptBefore = mismatches.size();
            long countBefore = count;
            Path device = store.snapshotDevice(new DiskId(host, disk.number()), point);
            Path digests = ManifestFile.digests(store.snapshotMeta(host, point), disk.number());
            try {
                new BlockVerifier(disk, (offset, length) -> mismatch(disk.number(), offset, length), this::progress)
                        .verify(device, digests);
            } catch (CorruptDigestFileException e) {
                // Whatever differed so far was compared with digests that are not to be believed.
                mismatches.subList(keptBefore, mismatches.size()).clear();
                count = countBefore;
                mismatch(disk.number(), 0, disk.sizeBytes());
                ProblemException unreadable =
                        ManifestFile.unreadable(point, "disk" + disk.number() + ": " + e.getMessage());
                problem = problem.or(() -> Optional.of(unreadable.problem()));
            } catch (IOException e) {
                throw Problems.ofPool(e);
            }
            blocksBefore += BlockVerifier.blocksOf(disk);
        }
    }

    /** @param stopping asked often; true ends the reading with {@code CANCELLED} */
    Outcome read(HostId host, PointId point, BooleanSupplier stopping) {
        Instant started = now();
        Reading reading = new Reading(host, point, stopping);
        try {
            Manifest manifest = ManifestFile.read(store.snapshotMeta(host, point), host, point);
            reading.totalBlocks =
                    manifest.disks().stream().mapToLong(BlockVerifier::blocksOf).sum();
            manifest.disks().forEach(reading::read);
        } catch (ProblemException e) {
            if (e.problem().code() != ProblemCode.MANIFEST_UNREADABLE) {
                throw e;
            }
            reading.mismatch(0, 0, 0);
            reading.problem = Optional.of(e.problem());
        }
        meters.counter("understudy.verified.blocks").increment(reading.blocksBefore);
        meters.counter("understudy.verification.mismatches").increment(reading.count);
        announcer.announce(new VerificationProgressed(point, host, reading.blocksBefore, reading.totalBlocks));
        VerificationResult result = new VerificationResult(
                started, now(), reading.blocksBefore, reading.count, List.copyOf(reading.mismatches));
        return new Outcome(result, reading.problem);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
