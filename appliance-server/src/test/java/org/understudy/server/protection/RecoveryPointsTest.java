package org.understudy.server.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.RecoveryPoint.Mismatch;
import org.understudy.server.protection.RecoveryPoint.State;
import org.understudy.server.storage.CloneId;

class RecoveryPointsTest {

    private static final int MIB = 1 << 20;
    private static final int BLOCK = 64 * 1024;

    @TempDir
    Path pool;

    private Appliance appliance;
    private HostId host;

    @BeforeEach
    void start() {
        appliance = new Appliance(pool).start();
        host = appliance.host("web1", 2 * MIB, MIB + 777);
    }

    @AfterEach
    void stop() {
        appliance.close();
    }

    private Path image(PointId point, int disk) {
        return appliance.store.snapshotDevice(new DiskId(host, disk), point);
    }

    private static void assertCode(ProblemCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(code));
    }

    @Test
    void verificationReadsEveryBlockAndRemembersItInPoolAndCatalogue() throws Exception {
        RecoveryPoint point = appliance.point(host);
        RecoveryPoint verified = appliance.points().verify(point.id()).get();
        assertThat(verified.state()).isEqualTo(State.VERIFIED);
        assertThat(verified.stateSince()).isPresent();
        assertThat(verified.verification().orElseThrow().blocks()).isEqualTo(32 + 17);
        assertThat(verified.verification().orElseThrow().mismatchCount()).isZero();
        assertThat(appliance.points().point(point.id())).contains(verified);
        assertThat(appliance.events(ProtectionEvents.PointVerified.class))
                .containsExactly(new ProtectionEvents.PointVerified(point.id(), host));
        assertThat(appliance.events(ProtectionEvents.VerificationProgressed.class))
                .last()
                .isEqualTo(new ProtectionEvents.VerificationProgressed(point.id(), host, 49, 49));
        assertThat(appliance.store.snapshot(host, point.id()).orElseThrow().holds())
                .isEmpty();
    }

    @Test
    void aDifferingBlockMakesThePointSuspectWithDiskAndOffset() throws Exception {
        RecoveryPoint point = appliance.point(host);
        TestDamage.flipByte(image(point.id(), 1), 3 * BLOCK + 17);
        TestDamage.flipByte(image(point.id(), 1), MIB + 776);
        RecoveryPoint suspect = appliance.points().verify(point.id()).get();
        assertThat(suspect.state()).isEqualTo(State.SUSPECT);
        assertThat(suspect.verification().orElseThrow().mismatches())
                .containsExactly(new Mismatch(1, 3 * BLOCK, BLOCK), new Mismatch(1, MIB, 777));
        assertThat(appliance.events(ProtectionEvents.PointSuspect.class))
                .containsExactly(new ProtectionEvents.PointSuspect(point.id(), host, 1, 3 * BLOCK, 2));
        assertThat(appliance
                        .meters
                        .counter("understudy.verification.mismatches")
                        .count())
                .isEqualTo(2);
    }

    @Test
    void dataThatBecameAHoleIsFoundWithoutReading() throws Exception {
        appliance.agent(host).replace("disk-a", filled(2 * MIB));
        RecoveryPoint point = appliance.point(host);
        Path image = image(point.id(), 0);
        image.toFile().setWritable(true);
        Files.delete(image);
        try (java.io.RandomAccessFile hole = new java.io.RandomAccessFile(image.toFile(), "rw")) {
            hole.setLength(2 * MIB);
        }
        RecoveryPoint suspect = appliance.points().verify(point.id()).get();
        assertThat(suspect.verification().orElseThrow().mismatchCount()).isEqualTo(32);
    }

    @Test
    void anImageThatIsTooShortIsSuspect() throws Exception {
        appliance.agent(host).replace("disk-a", filled(2 * MIB));
        RecoveryPoint point = appliance.point(host);
        image(point.id(), 0).toFile().setWritable(true);
        try (java.io.RandomAccessFile image =
                new java.io.RandomAccessFile(image(point.id(), 0).toFile(), "rw")) {
            image.setLength(MIB);
        }
        assertThat(appliance
                        .points()
                        .verify(point.id())
                        .get()
                        .verification()
                        .orElseThrow()
                        .mismatches())
                .containsExactly(new Mismatch(0, MIB, MIB));
    }

    private static byte[] filled(int size) {
        byte[] content = new byte[size];
        java.util.Arrays.fill(content, (byte) 7);
        return content;
    }

    @Test
    void digestsThatCannotBeBelievedMakeTheWholeDiskSuspect() throws Exception {
        RecoveryPoint point = appliance.point(host);
        Path digests = appliance.store.snapshotMeta(host, point.id()).resolve("disk0.digests");
        TestDamage.flipByte(digests, Files.size(digests) - 50);
        assertThatThrownBy(() -> appliance.points().verify(point.id()).get())
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.MANIFEST_UNREADABLE));
        RecoveryPoint suspect = appliance.points().point(point.id()).orElseThrow();
        assertThat(suspect.state()).isEqualTo(State.SUSPECT);
        assertThat(suspect.verification().orElseThrow().mismatches()).containsExactly(new Mismatch(0, 0, 2 * MIB));
    }

    @Test
    void aPoolThatDoesNotAnswerIsNoVerdict() {
        RecoveryPoint point = appliance.point(host);
        appliance.store.failNext("snapshotDevice", Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", "test"));
        assertThatThrownBy(() -> appliance.points().verify(point.id()).get())
                .hasRootCauseInstanceOf(ProblemException.class);
        assertThat(appliance.points().point(point.id()).orElseThrow().state()).isEqualTo(State.UNVERIFIED);
        assertThat(appliance.store.snapshot(host, point.id()).orElseThrow().holds())
                .isEmpty();
    }

    @Test
    void whenAnOlderPointIsSuspectTheNewestIsVerifiedToo() throws Exception {
        RecoveryPoint old = appliance.point(host);
        RecoveryPoint newest = appliance.point(host);
        TestDamage.flipByte(image(old.id(), 0), 5);
        appliance.points().verify(old.id()).get();
        await().until(() -> appliance.points().point(newest.id()).orElseThrow().state() == State.VERIFIED);
    }

    @Test
    void aPolicyCanHaveEveryNewPointVerified() {
        TestPolicies policy = TestPolicies.everyHour("careful").verifying();
        appliance.policies().save(policy.policy());
        appliance.fleet.assignPolicy(host, Optional.of(policy.id()));
        RecoveryPoint point = appliance.point(host);
        await().until(() -> appliance.points().point(point.id()).orElseThrow().state() == State.VERIFIED);
    }

    @Test
    void provenStaysProvenWhenVerifiedAndSuspectIsNotMadeProven() throws Exception {
        RecoveryPoint point = appliance.point(host);
        appliance.points().markProven(point.id());
        assertThat(appliance.points().verify(point.id()).get().state()).isEqualTo(State.PROVEN);
        TestDamage.flipByte(image(point.id(), 0), 5);
        assertThat(appliance.points().verify(point.id()).get().state()).isEqualTo(State.SUSPECT);
        appliance.points().markProven(point.id());
        assertThat(appliance.points().point(point.id()).orElseThrow().state()).isEqualTo(State.SUSPECT);
        TestDamage.flipByte(image(point.id(), 0), 5);
        assertThat(appliance.points().verify(point.id()).get().state()).isEqualTo(State.VERIFIED);
    }

    @Test
    void aLockIsMadeLongerAndNeverShorter() {
        RecoveryPoint point = appliance.point(host);
        Instant until = Instant.parse("2026-12-01T00:00:00Z");
        assertThat(appliance.points().lock(point.id(), until).lockedUntil()).contains(until);
        assertThat(appliance.points().lock(point.id(), until).lockedUntil()).contains(until);
        assertCode(ProblemCode.POINT_LOCKED, () -> appliance.points().lock(point.id(), until.minusSeconds(1)));
        assertThat(appliance.points().lock(point.id(), until.plusMillis(1)).lockedUntil())
                .contains(until.plusSeconds(1));
        assertCode(
                ProblemCode.INVALID_REQUEST,
                () -> appliance.points().lock(point.id(), Instant.parse("2020-01-01T00:00:00Z")));
    }

    @Test
    void lockedPinnedAndUsedPointsAreNotDeleted() {
        RecoveryPoint locked = appliance.point(host);
        RecoveryPoint pinned = appliance.point(host);
        RecoveryPoint used = appliance.point(host);
        appliance.points().lock(locked.id(), appliance.clock.instant().plus(Duration.ofDays(1)));
        appliance.points().pin(pinned.id(), true);
        appliance.store.cloneSnapshot(host, used.id(), new CloneId("takeover-1"));
        assertCode(ProblemCode.POINT_LOCKED, () -> appliance.points().delete(locked.id()));
        assertCode(ProblemCode.POINT_HELD, () -> appliance.points().delete(pinned.id()));
        assertCode(ProblemCode.POINT_HELD, () -> appliance.points().delete(used.id()));
        assertThat(appliance.points().points(host)).hasSize(3);
        appliance.clock.advance(Duration.ofDays(2));
        appliance.points().pin(pinned.id(), false);
        appliance.store.destroyClone(new CloneId("takeover-1"));
        appliance.points().delete(locked.id());
        appliance.points().delete(pinned.id());
        appliance.points().delete(used.id());
        assertThat(appliance.points().points(host)).isEmpty();
        assertThat(appliance.store.snapshots(host)).isEmpty();
        assertCode(ProblemCode.POINT_NOT_FOUND, () -> appliance.points().delete(used.id()));
        appliance.point(host);
    }

    @Test
    void theBaseOfARunCannotBeDeletedMeanwhile() {
        RecoveryPoint base = appliance.point(host);
        appliance.agents.hold("Transfer");
        var run = appliance.runs().start(host, BackupRun.Trigger.MANUAL);
        await().until(() -> appliance.runs().run(run).orElseThrow().state() == BackupRun.State.TRANSFERRING);
        assertCode(ProblemCode.POINT_HELD, () -> appliance.points().delete(base.id()));
        appliance.agents.letGo("Transfer");
        appliance.ended(run);
        appliance.points().delete(base.id());
    }

    @Test
    void theNewestPointDeletedByHandIsNoBaseForTheNextRun() {
        appliance.point(host);
        appliance.agent(host).write("disk-a", MIB, appliance.random);
        RecoveryPoint newest = appliance.point(host);
        appliance.points().delete(newest.id());
        appliance.agent(host).write("disk-a", MIB / 2, appliance.random);
        appliance.point(host);
        appliance.assertClean(host);
    }

    @Test
    void anEmptiedDatabaseIsRebuiltFromThePool() throws Exception {
        RecoveryPoint verified = appliance.point(host);
        appliance.points().verify(verified.id()).get();
        RecoveryPoint proven = appliance.point(host);
        appliance.points().markProven(proven.id());
        RecoveryPoint suspect = appliance.point(host);
        TestDamage.flipByte(image(suspect.id(), 0), BLOCK);
        appliance.points().verify(suspect.id()).get();
        RecoveryPoint kept = appliance.point(host);
        appliance.points().pin(kept.id(), true);
        appliance.points().lock(kept.id(), appliance.clock.instant().plus(Duration.ofDays(30)));
        List<RecoveryPoint> before = appliance.points().points(host);
        ProtectedHost hostBefore = appliance.fleet.host(host).orElseThrow();
        appliance.stop();
        ProtectionDatabase.empty();
        appliance.fleet.clear();
        appliance.start();
        assertThat(appliance.points().points(host)).isEmpty();
        RecoveryPoints.RebuildReport report = appliance.points().rebuildCatalogue();
        assertThat(report).isEqualTo(new RecoveryPoints.RebuildReport(1, 4, 4, 0, List.of()));
        assertThat(appliance.points().points(host)).isEqualTo(before);
        ProtectedHost hostAfter = appliance.fleet.host(host).orElseThrow();
        assertThat(hostAfter.name()).isEqualTo("web1");
        assertThat(hostAfter.enrolledAt()).isEqualTo(hostBefore.enrolledAt());
        assertThat(hostAfter.disks()).isEqualTo(hostBefore.disks());
        assertThat(appliance.points().rebuildCatalogue())
                .isEqualTo(new RecoveryPoints.RebuildReport(1, 4, 0, 0, List.of()));
        appliance.point(host);
    }

    @Test
    void rebuildRemovesRowsWithoutASnapshotAndReportsSnapshotsThatCannotBeRead() throws IOException {
        RecoveryPoint gone = appliance.point(host);
        RecoveryPoint unreadable = appliance.point(host);
        RecoveryPoint good = appliance.point(host);
        appliance.store.destroySnapshot(host, gone.id());
        Path manifest = appliance.store.snapshotMeta(host, unreadable.id()).resolve("manifest.json");
        manifest.toFile().setWritable(true);
        Files.writeString(manifest, "{\"version\":1,");
        RecoveryPoints.RebuildReport report = appliance.points().rebuildCatalogue();
        assertThat(report.removed()).isEqualTo(1);
        assertThat(report.points()).isEqualTo(1);
        assertThat(report.problems())
                .singleElement()
                .asString()
                .contains(unreadable.id().toString());
        assertThat(appliance.store.snapshot(host, unreadable.id())).isPresent();
        assertThat(appliance.points().points(host))
                .extracting(RecoveryPoint::id)
                .containsExactly(good.id(), unreadable.id());
        appliance.store.failNext("hosts", Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", "test"));
        assertCode(ProblemCode.POOL_UNAVAILABLE, () -> appliance.points().rebuildCatalogue());
        assertThat(appliance.points().points(host)).hasSize(2);
    }

    @Test
    void aSnapshotWithoutARowIsFoundByTheNextRun() {
        RecoveryPoint point = appliance.point(host);
        ProtectionDatabase.empty();
        appliance.point(host);
        assertThat(appliance.points().point(point.id())).contains(point);
    }
}
