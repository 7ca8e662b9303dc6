package org.understudy.server.protection.internal.points;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.PointFacts;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.storage.VolumeSnapshot;
import org.understudy.server.storage.VolumeStore;

/**
 * The index of points: written after the pool, never before it, and repaired from it. Thread-safe.
 */
@Component
public class PointCatalogue {

    private static final Logger log = LoggerFactory.getLogger(PointCatalogue.class);

    private final PointRows rows;
    private final TransactionOperations transactions;
    private final VolumeStore store;
    private final HostLocks locks;

    PointCatalogue(PointRows rows, TransactionOperations transactions, VolumeStore store, HostLocks locks) {
        this.rows = rows;
        this.transactions = transactions;
        this.store = store;
        this.locks = locks;
    }

    /**
     * Makes the row of a snapshot equal to what the pool says.
     *
     * @throws ProblemException {@code MANIFEST_UNREADABLE}; the snapshot is left alone
     */
    public RecoveryPoint index(VolumeSnapshot snapshot) {
        return locks.within(snapshot.host(), () -> {
            Manifest manifest = ManifestFile.read(
                    store.snapshotMeta(snapshot.host(), snapshot.point()), snapshot.host(), snapshot.point());
            PoolProperties.Mutable mutable = PoolProperties.read(snapshot);
            return inTransaction(() -> rows.save(rows.findById(snapshot.point().value())
                            .orElseGet(() -> new PointEntity(snapshot.point()))
                            .fill(manifest, mutable))
                    .toPoint());
        });
    }

    /** Snapshots of the host, oldest first; those that the index lacks are put in, if they can be read. */
    public List<VolumeSnapshot> snapshotsIndexed(HostId host) {
        List<VolumeSnapshot> snapshots = store.snapshots(host);
        Set<PointId> indexed = pointsOf(host);
        for (VolumeSnapshot snapshot : snapshots) {
            if (!indexed.contains(snapshot.point())) {
                try {
                    index(snapshot);
                    log.info("point {} was in the pool but not in the catalogue; added", snapshot.point());
                } catch (ProblemException e) {
                    log.warn("a snapshot cannot be catalogued: {}", e.problem().english());
                }
            }
        }
        return snapshots;
    }

    public boolean hasPoints(HostId host) {
        return rows.findFirstByHostIdOrderByTakenAtDescIdAsc(host.value()).isPresent();
    }

    public Optional<RecoveryPoint> find(PointId id) {
        return inTransaction(() -> rows.findById(id.value()).map(PointEntity::toPoint));
    }

    RecoveryPoint require(PointId id) {
        return find(id).orElseThrow(() -> notFound(id));
    }

    List<RecoveryPoint> points(HostId host) {
        return inTransaction(() -> rows.findByHostIdOrderByTakenAtDescIdAsc(host.value()).stream()
                .map(PointEntity::toPoint)
                .toList());
    }

    Optional<RecoveryPoint> newest(HostId host) {
        return inTransaction(() ->
                rows.findFirstByHostIdOrderByTakenAtDescIdAsc(host.value()).map(PointEntity::toPoint));
    }

    /** When the newest point was taken that is not suspect. */
    public Optional<Instant> newestGood(HostId host) {
        return rows.findFirstByHostIdAndStateNotOrderByTakenAtDesc(host.value(), RecoveryPoint.State.SUSPECT)
                .map(PointEntity::takenAt);
    }

    /** Every host that has a row. */
    Set<HostId> hosts() {
        return rows.hosts().stream().map(HostId::new).collect(Collectors.toSet());
    }

    Set<PointId> pointsOf(HostId host) {
        return rows.idsOf(host.value()).stream().map(PointId::new).collect(Collectors.toCollection(HashSet::new));
    }

    /** What retention needs to know of the host's points, in no order. */
    List<PointFacts> facts(HostId host) {
        return inTransaction(() -> rows.factsOf(host.value()).stream()
                .map(row -> new PointFacts(
                        new PointId(row.get("id", UUID.class)),
                        row.get("takenAt", Instant.class),
                        row.get("pinned", Boolean.class),
                        Optional.ofNullable(row.get("lockedUntil", Instant.class)),
                        row.get("state", RecoveryPoint.State.class) == RecoveryPoint.State.SUSPECT))
                .toList());
    }

    long count(RecoveryPoint.State state) {
        return rows.countByState(state);
    }

    /** Changes what may change of a point: in the pool first, then in the index. */
    RecoveryPoint change(PointId id, UnaryOperator<PoolProperties.Mutable> change) {
        HostId host = require(id).host();
        return locks.within(host, () -> {
            VolumeSnapshot snapshot = store.snapshot(host, id).orElseThrow(() -> notFound(id));
            PoolProperties.Mutable before = PoolProperties.read(snapshot);
            PoolProperties.Mutable after = change.apply(before);
            writeToPool(snapshot, after);
            return inTransaction(() -> rows.save(rows.findById(id.value())
                            .orElseThrow(() -> notFound(id))
                            .fill(after))
                    .toPoint());
        });
    }

    private void writeToPool(VolumeSnapshot snapshot, PoolProperties.Mutable after) {
        List<Property> wanted = new ArrayList<>();
        wanted.add(new Property(PoolProperties.PINNED, after.pinned() ? "true" : ""));
        wanted.add(new Property(
                PoolProperties.LOCKED_UNTIL,
                after.lockedUntil().map(Object::toString).orElse("")));
        wanted.add(new Property(
                PoolProperties.VERIFICATION,
                after.verification().map(PoolProperties::write).orElse("")));
        wanted.add(new Property(
                PoolProperties.MISMATCHES,
                after.verification()
                        .map(result -> PoolProperties.write(result.mismatches()))
                        .orElse("")));
        wanted.add(new Property(
                PoolProperties.STATE_SINCE,
                after.stateSince().map(Object::toString).orElse("")));
        // The state is written last: it is what the other values of a verification explain.
        wanted.add(new Property(
                PoolProperties.STATE,
                after.state() == RecoveryPoint.State.UNVERIFIED
                        ? ""
                        : after.state().name()));
        for (Property property : wanted) {
            String now = snapshot.properties().getOrDefault(property.key(), "");
            if (Objects.equals(now, property.value())) {
                continue;
            }
            if (property.value().isEmpty()) {
                store.removeProperty(snapshot.host(), snapshot.point(), property.key());
            } else {
                store.setProperty(snapshot.host(), snapshot.point(), property.key(), property.value());
            }
        }
    }

    /** A property and its value; the empty value stands for no property. */
    private record Property(String key, String value) {}

    /** Takes a point out of the index; the pool no longer has it. */
    void forget(PointId id) {
        transactions.executeWithoutResult(status -> {
            if (rows.existsById(id.value())) {
                rows.deleteById(id.value());
            }
        });
    }

    private <T> T inTransaction(Supplier<T> work) {
        return Objects.requireNonNull(transactions.execute(status -> work.get()));
    }

    static ProblemException notFound(PointId id) {
        return Problem.of(ProblemCode.POINT_NOT_FOUND, "point", id.toString()).asException();
    }
}
