package org.understudy.privileges.storage;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.privileges.clock.TrustedClock;
import org.understudy.privileges.name.Identity;
import org.understudy.privileges.name.StoredText;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Request;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

/** Points and the policy on them: what is held, locked or in use stays, and a lock only grows. */
final class PointVerbs {

    static final int MAX_HOLDS = 64;

    private final PoolDatasets pool;
    private final Layout layout;
    private final Points points;
    private final TrustedClock clock;
    private final Duration longestLock;

    PointVerbs(PoolDatasets pool, Layout layout, Points points, TrustedClock clock, Duration longestLock) {
        this.pool = pool;
        this.layout = layout;
        this.points = points;
        this.clock = clock;
        this.longestLock = longestLock;
    }

    Answer take(Request.TakePoint request) {
        SnapshotName name = layout.point(request);
        long asked = request.keepUntilSeconds();
        Optional<StoredPoint> before = points.find(name);
        Lock present = before.map(StoredPoint::lock).orElse(new Lock.None());
        if (asked > seconds(present)) {
            checkReach(request, present, asked);
        }
        if (before.isEmpty()) {
            Map<PropertyName, String> properties = new HashMap<>(Points.encoded(request.properties()));
            if (asked > 0) {
                properties.put(Points.KEEP_UNTIL, Long.toString(asked));
            }
            pool.snapshotRecursively(name, properties);
        }
        StoredPoint made = require(request);
        if (asked > 0) {
            // A repeated call may find a longer lock, which stays; the hold may be missing after a crash.
            points.lock(made.members(), Math.max(asked, seconds(made.lock())));
        }
        return answer(require(request));
    }

    Answer find(Request.FindPoint request) {
        Optional<StoredPoint> found = points.find(layout.point(request)).filter(point -> !point.destroying());
        return found.isPresent() ? answer(found.get()) : new Answer.NoPoint();
    }

    Answer keep(Request.KeepPoint request) {
        StoredPoint point = require(request);
        checkIdentity(point, request.identity());
        long asked = request.keepUntilSeconds();
        if (asked == 0 || asked < seconds(point.lock())) {
            throw onlyLonger(request, point.lock(), asked);
        }
        if (asked > seconds(point.lock())) {
            checkReach(request, point.lock(), asked);
        }
        points.lock(point.members(), asked);
        return answer(require(request));
    }

    Answer hold(Request.HoldPoint request) {
        StoredPoint point = require(request);
        if (point.holds().size() >= MAX_HOLDS
                && !point.holds().contains(request.tag().value())) {
            throw HeadVerbs.conflict("the point has " + MAX_HOLDS + " holds, which is the most that it can have");
        }
        point.members()
                .forEach(member ->
                        pool.hold(member.name(), Points.hold(request.tag().value())));
        return new Answer.Done();
    }

    /** Of a point whose destruction was begun too, so that it can be completed. */
    Answer release(Request.ReleasePoint request) {
        points.members(layout.point(request))
                .forEach(member ->
                        pool.release(member.name(), Points.hold(request.tag().value())));
        return new Answer.Done();
    }

    Answer setProperty(Request.SetProperty request) {
        SnapshotName head = require(request).head().name();
        pool.setProperty(head, Points.property(request.key()), StoredText.encode(request.value()));
        return new Answer.Done();
    }

    Answer removeProperty(Request.RemoveProperty request) {
        pool.removeProperty(require(request).head().name(), Points.property(request.key()));
        return new Answer.Done();
    }

    Answer destroy(Request.DestroyPoint request) {
        Optional<StoredPoint> found = points.find(layout.point(request));
        if (found.isEmpty()) {
            return new Answer.Done();
        }
        StoredPoint point = found.get();
        checkIdentity(point, request.identity());
        if (!point.holds().isEmpty()) {
            throw held(request, String.join(", ", point.holds()));
        }
        if (point.lock().lockedAt(clock.requireTrusted())) {
            throw locked(request, point.lock());
        }
        List<DatasetName> clones = points.clonesOf(layout.root(), point.members());
        if (!clones.isEmpty()) {
            throw held(request, "origin of " + clones.get(0));
        }
        points.destroy(point.members());
        return new Answer.Done();
    }

    private StoredPoint require(Request.OfPoint request) {
        return points.find(layout.point(request))
                .filter(point -> !point.destroying())
                .orElseThrow(() -> Problem.of(
                                ProblemCode.POINT_NOT_FOUND,
                                "point",
                                request.point().value())
                        .asException());
    }

    private static void checkIdentity(StoredPoint point, Identity meant) {
        if (!point.head().guid().equals(meant.guid())) {
            throw HeadVerbs.notOurs(
                    point.head().name().toString(), meant, point.head().guid());
        }
    }

    /**
     * A lock that has ended before it began is a mistake; one for ever would let a stolen server fill the pool for good. A date
     * that cannot be read may be a longer one.
     */
    private void checkReach(Request.OfPoint request, Lock present, long asked) {
        Instant now = clock.read().trusted();
        Instant end = Instant.ofEpochSecond(asked);
        if (present instanceof Lock.Unreadable || !end.isAfter(now) || end.isAfter(now.plus(longestLock))) {
            throw onlyLonger(request, present, asked);
        }
    }

    private static long seconds(Lock lock) {
        return lock.end().map(Instant::getEpochSecond).orElse(0L);
    }

    private static Answer answer(StoredPoint point) {
        long keepUntil = point.lock() instanceof Lock.Unreadable ? -1 : seconds(point.lock());
        return new Answer.Point(
                Identity.of(point.head().guid()), point.head().transaction(), keepUntil, List.copyOf(point.holds()));
    }

    private static ProblemException held(Request.OfPoint request, String holds) {
        return Problem.of(ProblemCode.POINT_HELD, "point", request.point().value(), "holds", holds)
                .asException();
    }

    private static ProblemException locked(Request.OfPoint request, Lock lock) {
        return Problem.of(ProblemCode.POINT_LOCKED, "point", request.point().value(), "until", shown(lock))
                .asException();
    }

    private static ProblemException onlyLonger(Request.OfPoint request, Lock present, long asked) {
        return Problem.of(
                        ProblemCode.LOCK_ONLY_LONGER,
                        "point",
                        request.point().value(),
                        "until",
                        shown(present),
                        "asked",
                        Instant.ofEpochSecond(asked).toString())
                .asException();
    }

    private static String shown(Lock lock) {
        if (lock instanceof Lock.Unreadable) {
            return "?";
        }
        return lock.end().map(Instant::toString).orElse("-");
    }
}
