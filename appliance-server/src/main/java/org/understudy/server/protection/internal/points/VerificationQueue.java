package org.understudy.server.protection.internal.points;

import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.ProtectionEvents.PointSuspect;
import org.understudy.server.protection.ProtectionEvents.PointVerified;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoint.Mismatch;
import org.understudy.server.protection.RecoveryPoint.State;
import org.understudy.server.protection.RecoveryPoint.VerificationResult;
import org.understudy.server.protection.internal.Announcer;
import org.understudy.server.protection.internal.Problems;
import org.understudy.server.storage.VolumeStore;

/**
 * Verifies points one at a time, since each reads as fast as the pool can. A point is held while it is read. What was found is
 * stored in the pool and the index, then published. Thread-safe.
 */
@Component
public class VerificationQueue {

    /** Tag of the hold; one that is left over belongs to a process that died. */
    public static final String HOLD = "verification";

    private static final Logger log = LoggerFactory.getLogger(VerificationQueue.class);

    private final PointCatalogue catalogue;
    private final VolumeStore store;
    private final PointReadBack readBack;
    private final Announcer announcer;
    private final Clock clock;
    private final ExecutorService worker = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("verification").factory());
    private final Map<PointId, CompletableFuture<RecoveryPoint>> waiting = new ConcurrentHashMap<>();
    private volatile boolean stopping;

    VerificationQueue(
            PointCatalogue catalogue, VolumeStore store, PointReadBack readBack, Announcer announcer, Clock clock) {
        this.catalogue = catalogue;
        this.store = store;
        this.readBack = readBack;
        this.announcer = announcer;
        this.clock = clock;
    }

    /** A point that is already queued is not queued twice. */
    CompletableFuture<RecoveryPoint> submit(RecoveryPoint point) {
        return waiting.computeIfAbsent(point.id(), id -> {
            CompletableFuture<RecoveryPoint> result = new CompletableFuture<>();
            try {
                worker.execute(() -> carryOut(point, result));
            } catch (RejectedExecutionException e) {
                result.completeExceptionally(cancelled(id).initCause(e));
            }
            return result;
        });
    }

    private void carryOut(RecoveryPoint point, CompletableFuture<RecoveryPoint> result) {
        try {
            RecoveryPoint verified = verify(point);
            waiting.remove(point.id());
            result.complete(verified);
        } catch (RuntimeException | Error e) {
            log.warn("verification of point {}: {}", point.id(), Problems.of(e).english());
            waiting.remove(point.id());
            result.completeExceptionally(e);
        }
    }

    private RecoveryPoint verify(RecoveryPoint point) {
        store.hold(point.host(), point.id(), HOLD);
        PointReadBack.Outcome outcome;
        try {
            outcome = readBack.read(point.host(), point.id(), () -> stopping);
        } finally {
            store.release(point.host(), point.id(), HOLD);
        }
        RecoveryPoint after = record(point, outcome);
        if (outcome.result().mismatchCount() == 0) {
            log.info(
                    "point {}: {} blocks verified", point.id(), outcome.result().blocks());
            announcer.announce(new PointVerified(point.id(), point.host()));
            return after;
        }
        Mismatch first = outcome.result().mismatches().get(0);
        log.warn(
                "point {} is suspect: {} blocks differ, the first at byte {} of disk{}",
                point.id(),
                outcome.result().mismatchCount(),
                first.offset(),
                first.disk());
        announcer.announce(new PointSuspect(
                point.id(),
                point.host(),
                first.disk(),
                first.offset(),
                outcome.result().mismatchCount()));
        verifyNewest(after);
        if (outcome.problem().isPresent()) {
            throw outcome.problem().get().asException();
        }
        return after;
    }

    private RecoveryPoint record(RecoveryPoint point, PointReadBack.Outcome outcome) {
        VerificationResult result = outcome.result();
        boolean good = result.mismatchCount() == 0;
        return catalogue.change(point.id(), now -> {
            State state = !good ? State.SUSPECT : now.state() == State.PROVEN ? State.PROVEN : State.VERIFIED;
            return new PoolProperties.Mutable(
                    now.pinned(),
                    now.lockedUntil(),
                    state,
                    state == now.state()
                            ? now.stateSince()
                            : Optional.of(clock.instant().truncatedTo(ChronoUnit.MILLIS)),
                    Optional.of(result));
        });
    }

    /** Damage may be shared with the newest point, and a run must not build on it. */
    private void verifyNewest(RecoveryPoint suspect) {
        Optional<RecoveryPoint> newest = catalogue.newest(suspect.host());
        boolean unknown = newest.isPresent()
                && !newest.get().id().equals(suspect.id())
                && newest.get().state() != State.SUSPECT;
        if (unknown && !stopping) {
            CompletableFuture<RecoveryPoint> queued = submit(newest.get());
            log.info(
                    "point {} is verified next, since damage may be shared: {}",
                    newest.get().id(),
                    !queued.isDone());
        }
    }

    static ProblemException cancelled(PointId point) {
        return Problem.of(ProblemCode.CANCELLED, "what", "verification of point " + point)
                .asException();
    }

    /** Ends the verification that runs, and forgets those that wait. */
    public void stop() {
        stopping = true;
        worker.shutdown();
        try {
            if (!worker.awaitTermination(10, TimeUnit.SECONDS)) {
                log.warn("a verification did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
