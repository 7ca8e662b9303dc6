package org.understudy.console;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.context.ApplicationEventPublisher;
import org.understudy.core.problem.Problem;
import org.understudy.server.alerts.LoggedEvent;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.hypervisor.Acceleration;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.storage.PoolUsage;

/** What the fakes hold, and where they publish what changes. Guarded by itself. */
final class Scene {

    final Clock clock;
    final ApplicationEventPublisher events;
    final Map<HostId, ProtectedHost> hosts = new LinkedHashMap<>();
    final Map<PolicyId, ProtectionPolicy> policies = new LinkedHashMap<>();
    final Map<RunId, BackupRun> runs = new LinkedHashMap<>();
    final Map<PointId, RecoveryPoint> points = new LinkedHashMap<>();
    final Map<TakeoverId, Takeover> takeovers = new LinkedHashMap<>();
    final List<LoggedEvent> log = new ArrayList<>();
    final List<Fleet.PendingToken> tokens = new ArrayList<>();
    final List<String> calls = new ArrayList<>();
    PoolUsage pool = new PoolUsage("btrfs on /dev/loop0", gibibytes(400), gibibytes(171), gibibytes(229));
    Optional<Problem> poolProblem = Optional.empty();
    Optional<Problem> manifestProblem = Optional.empty();
    volatile Acceleration acceleration = Acceleration.EMULATION;

    Scene(Clock clock, ApplicationEventPublisher events) {
        this.clock = clock;
        this.events = events;
    }

    Instant now() {
        return clock.instant();
    }

    synchronized void clear() {
        hosts.clear();
        policies.clear();
        runs.clear();
        points.clear();
        takeovers.clear();
        log.clear();
        tokens.clear();
        calls.clear();
        poolProblem = Optional.empty();
        manifestProblem = Optional.empty();
    }

    synchronized ProtectedHost host(HostId id) {
        return ConsoleSlice.found(Optional.ofNullable(hosts.get(id)), "host " + id);
    }

    synchronized BackupRun run(RunId id) {
        return ConsoleSlice.found(Optional.ofNullable(runs.get(id)), "run " + id);
    }

    synchronized Takeover takeover(TakeoverId id) {
        return ConsoleSlice.found(Optional.ofNullable(takeovers.get(id)), "takeover " + id);
    }

    synchronized List<RecoveryPoint> pointsOf(HostId host) {
        return points.values().stream()
                .filter(point -> point.host().equals(host))
                .sorted(Comparator.comparing(RecoveryPoint::takenAt).reversed())
                .toList();
    }

    synchronized List<BackupRun> newestRuns() {
        return runs.values().stream()
                .sorted(Comparator.comparing(BackupRun::requestedAt).reversed())
                .toList();
    }

    synchronized void called(String what) {
        calls.add(what);
    }

    static ByteSize gibibytes(long count) {
        return new ByteSize(count << 30);
    }
}
