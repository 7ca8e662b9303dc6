package org.understudy.server.web.console;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RecoveryPoint;

/**
 * How well a host is protected at one instant.
 *
 * @param points newest first
 * @param runs the last ones, newest first
 */
record HostStatus(
        ProtectedHost host,
        Optional<ProtectionPolicy> policy,
        List<RecoveryPoint> points,
        List<BackupRun> runs,
        Instant now) {

    /** Whether there is a good point within the objective. */
    enum Protection {
        PROTECTED,
        /** Has a good point, but no policy that says how old it may be. */
        BY_HAND,
        /** Enrolled not long ago; the first point is still to come. */
        NEW,
        STALE,
        NEVER,
        UNPROTECTED,
        RETIRED
    }

    Optional<RecoveryPoint> newestGood() {
        return points.stream()
                .filter(point -> point.state() != RecoveryPoint.State.SUSPECT)
                .findFirst();
    }

    Optional<RecoveryPoint> newestProven() {
        return points.stream()
                .filter(point -> point.state() == RecoveryPoint.State.PROVEN)
                .findFirst();
    }

    List<RecoveryPoint> suspects() {
        return points.stream()
                .filter(point -> point.state() == RecoveryPoint.State.SUSPECT)
                .toList();
    }

    Optional<BackupRun> active() {
        return runs.stream().filter(run -> !run.state().isFinal()).findFirst();
    }

    /** The last run that ended in success or failure, if it failed. */
    Optional<BackupRun> lastFailure() {
        return runs.stream()
                .filter(run -> run.state() == BackupRun.State.DONE || run.state() == BackupRun.State.FAILED)
                .findFirst()
                .filter(run -> run.state() == BackupRun.State.FAILED);
    }

    Protection protection() {
        if (host.retired()) {
            return Protection.RETIRED;
        }
        Optional<RecoveryPoint> newest = newestGood();
        if (policy.isEmpty()) {
            return newest.isPresent() ? Protection.BY_HAND : Protection.UNPROTECTED;
        }
        Duration objective = policy.get().objective();
        if (newest.isEmpty()) {
            return host.enrolledAt().plus(objective).isAfter(now) ? Protection.NEW : Protection.NEVER;
        }
        return newest.get().takenAt().plus(objective).isBefore(now) ? Protection.STALE : Protection.PROTECTED;
    }
}
