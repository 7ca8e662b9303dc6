package org.understudy.server.protection.internal.points;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoint.State;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.storage.VolumeStore;

/** Recovery points as the pool has them, found through the index. Thread-safe. */
@Service
public class PoolRecoveryPoints implements RecoveryPoints {

    private static final Logger log = LoggerFactory.getLogger(PoolRecoveryPoints.class);

    private final PointCatalogue catalogue;
    private final VolumeStore store;
    private final PointRemoval removal;
    private final VerificationQueue verifications;
    private final CatalogueRebuild rebuild;
    private final Clock clock;

    PoolRecoveryPoints(
            PointCatalogue catalogue,
            VolumeStore store,
            PointRemoval removal,
            VerificationQueue verifications,
            CatalogueRebuild rebuild,
            Clock clock,
            MeterRegistry meters) {
        this.catalogue = catalogue;
        this.store = store;
        this.removal = removal;
        this.verifications = verifications;
        this.rebuild = rebuild;
        this.clock = clock;
        for (State state : State.values()) {
            Gauge.builder("understudy.points", catalogue, c -> c.count(state))
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .register(meters);
        }
    }

    @Override
    public List<RecoveryPoint> points(HostId host) {
        return catalogue.points(host);
    }

    @Override
    public Optional<RecoveryPoint> point(PointId id) {
        return catalogue.find(id);
    }

    @Override
    public Optional<RecoveryPoint> newest(HostId host) {
        return catalogue.newest(host);
    }

    @Override
    public Manifest manifest(PointId id) {
        HostId host = catalogue.require(id).host();
        return ManifestFile.read(store.snapshotMeta(host, id), host, id);
    }

    @Override
    public RecoveryPoint pin(PointId id, boolean pinned) {
        return catalogue.change(
                id,
                now -> new PoolProperties.Mutable(
                        pinned, now.lockedUntil(), now.state(), now.stateSince(), now.verification()));
    }

    @Override
    public RecoveryPoint lock(PointId id, Instant until) {
        // Shown and stored in whole seconds; rounding up keeps every lock at least as long as asked.
        Instant end = until.truncatedTo(ChronoUnit.SECONDS).equals(until)
                ? until
                : until.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
        if (!end.isAfter(clock.instant())) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", "a lock must end in the future")
                    .asException();
        }
        return catalogue.change(id, now -> {
            if (now.lockedUntil().filter(locked -> locked.isAfter(end)).isPresent()) {
                throw locked(id, now.lockedUntil().get());
            }
            return new PoolProperties.Mutable(
                    now.pinned(), Optional.of(end), now.state(), now.stateSince(), now.verification());
        });
    }

    @Override
    public CompletableFuture<RecoveryPoint> verify(PointId id) {
        return verifications.submit(catalogue.require(id));
    }

    @Override
    public void markProven(PointId id) {
        catalogue.change(id, now -> {
            if (now.state() == State.SUSPECT) {
                log.warn("point {} booted, but it stays suspect: stored blocks differ from their digests", id);
                return now;
            }
            return new PoolProperties.Mutable(
                    now.pinned(),
                    now.lockedUntil(),
                    State.PROVEN,
                    now.state() == State.PROVEN ? now.stateSince() : Optional.of(now()),
                    now.verification());
        });
    }

    @Override
    public void delete(PointId id) {
        removal.remove(catalogue.require(id).host(), id, false);
    }

    @Override
    public RebuildReport rebuildCatalogue() {
        return rebuild.run();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    static ProblemException locked(PointId id, Instant until) {
        return Problem.of(ProblemCode.POINT_LOCKED, "point", id.toString(), "until", until.toString())
                .asException();
    }
}
