package org.understudy.server.protection.internal.points;

import jakarta.persistence.CollectionTable;
import jakarta.persistence.Column;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Embeddable;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.OrderColumn;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hibernate.annotations.BatchSize;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.Consistency;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoint.Mismatch;
import org.understudy.server.protection.RecoveryPoint.PointDisk;
import org.understudy.server.protection.RecoveryPoint.VerificationResult;

/** A row of {@code recovery_point}: the index of one snapshot of the pool. */
@Entity
@Table(name = "recovery_point")
@SuppressWarnings("NullAway.Init") // fields are set by fill, or by JPA
class PointEntity {

    @Id
    private UUID id;

    @Version
    private @Nullable Long version;

    private UUID hostId;
    private UUID runId;
    private Instant takenAt;

    @Enumerated(EnumType.STRING)
    private RecoveryPoint.State state;

    private @Nullable Instant stateSince;

    @Enumerated(EnumType.STRING)
    private Consistency consistency;

    private String consistencyReason;
    private boolean pinned;
    private @Nullable Instant lockedUntil;
    private long changedBytes;
    private long totalBytes;
    private long usedBytes;
    private @Nullable Instant verifyStartedAt;
    private @Nullable Instant verifyEndedAt;
    private long verifiedBlocks;
    private long mismatchCount;

    @ElementCollection(fetch = FetchType.LAZY)
    @CollectionTable(name = "recovery_point_disk", joinColumns = @JoinColumn(name = "point_id"))
    @OrderColumn(name = "position")
    @BatchSize(size = 200)
    private List<DiskRow> disks = new ArrayList<>();

    @ElementCollection(fetch = FetchType.LAZY)
    @CollectionTable(name = "recovery_point_mismatch", joinColumns = @JoinColumn(name = "point_id"))
    @OrderColumn(name = "position")
    @BatchSize(size = 200)
    private List<MismatchRow> mismatches = new ArrayList<>();

    /** A row of {@code recovery_point_disk}. */
    @Embeddable
    record DiskRow(int diskNumber, String diskKey, long sizeBytes, long usedBytes, long changedBytes) {}

    /** A row of {@code recovery_point_mismatch}. */
    @Embeddable
    record MismatchRow(
            int diskNumber,
            @Column(name = "byte_offset") long byteOffset,
            @Column(name = "byte_length") long byteLength) {}

    protected PointEntity() {}

    PointEntity(PointId id) {
        this.id = id.value();
    }

    HostId host() {
        return new HostId(hostId);
    }

    PointId point() {
        return new PointId(id);
    }

    Instant takenAt() {
        return takenAt;
    }

    final PointEntity fill(Manifest manifest, PoolProperties.Mutable mutable) {
        hostId = UUID.fromString(manifest.host());
        runId = UUID.fromString(manifest.run());
        takenAt = manifest.takenAt();
        consistency = manifest.consistency();
        consistencyReason = manifest.consistencyReason();
        List<DiskRow> rows = manifest.disks().stream()
                .map(d -> new DiskRow(d.number(), d.key(), d.sizeBytes(), d.usedBytes(), d.changedBytes()))
                .toList();
        if (!rows.equals(disks)) {
            disks.clear();
            disks.addAll(rows);
        }
        totalBytes = rows.stream().mapToLong(DiskRow::sizeBytes).sum();
        usedBytes = rows.stream().mapToLong(DiskRow::usedBytes).sum();
        changedBytes = rows.stream().mapToLong(DiskRow::changedBytes).sum();
        return fill(mutable);
    }

    final PointEntity fill(PoolProperties.Mutable mutable) {
        pinned = mutable.pinned();
        lockedUntil = mutable.lockedUntil().orElse(null);
        state = mutable.state();
        stateSince = mutable.stateSince().orElse(null);
        VerificationResult result = mutable.verification().orElse(null);
        verifyStartedAt = result == null ? null : result.startedAt();
        verifyEndedAt = result == null ? null : result.endedAt();
        verifiedBlocks = result == null ? 0 : result.blocks();
        mismatchCount = result == null ? 0 : result.mismatchCount();
        List<MismatchRow> rows = result == null
                ? List.of()
                : result.mismatches().stream()
                        .map(m -> new MismatchRow(m.disk(), m.offset(), m.length()))
                        .toList();
        if (!rows.equals(mismatches)) {
            mismatches.clear();
            mismatches.addAll(rows);
        }
        return this;
    }

    PoolProperties.Mutable mutable() {
        return new PoolProperties.Mutable(
                pinned, Optional.ofNullable(lockedUntil), state, Optional.ofNullable(stateSince), verification());
    }

    RecoveryPoint toPoint() {
        return new RecoveryPoint(
                point(),
                host(),
                new RunId(runId),
                takenAt,
                state,
                Optional.ofNullable(stateSince),
                consistency,
                consistencyReason,
                pinned,
                Optional.ofNullable(lockedUntil),
                changedBytes,
                totalBytes,
                usedBytes,
                disks.stream()
                        .map(d -> new PointDisk(
                                d.diskNumber(), d.diskKey(), d.sizeBytes(), d.usedBytes(), d.changedBytes()))
                        .toList(),
                verification());
    }

    private Optional<VerificationResult> verification() {
        Instant started = verifyStartedAt;
        Instant ended = verifyEndedAt;
        if (started == null || ended == null) {
            return Optional.empty();
        }
        return Optional.of(new VerificationResult(
                started,
                ended,
                verifiedBlocks,
                mismatchCount,
                mismatches.stream()
                        .map(m -> new Mismatch(m.diskNumber(), m.byteOffset(), m.byteLength()))
                        .toList()));
    }
}
