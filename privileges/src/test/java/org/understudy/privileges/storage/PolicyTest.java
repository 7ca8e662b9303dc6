package org.understudy.privileges.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.privileges.clock.ClockFile;
import org.understudy.privileges.clock.ManualTime;
import org.understudy.privileges.clock.TrustedClock;
import org.understudy.privileges.name.CloneId;
import org.understudy.privileges.name.HostId;
import org.understudy.privileges.name.Identity;
import org.understudy.privileges.name.PointId;
import org.understudy.privileges.name.Tag;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Request;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.SnapshotName;

/** What the daemon does and refuses, on a pool in memory. */
class PolicyTest {

    private static final HostId HOST = new HostId("11111111-1111-1111-1111-111111111111");
    private static final PointId POINT = point(1);
    private static final DatasetName ROOT = new DatasetName("tank/my understudy");
    private static final Duration LONGEST = Duration.ofDays(3660);

    @TempDir
    Path directory;

    private final ManualTime time = new ManualTime();
    private final InMemoryPool pool = new InMemoryPool(new DatasetName("tank"), ROOT);
    private TrustedClock clock;
    private StorageVerbs verbs;

    @BeforeEach
    void makeHost() {
        clock = new TrustedClock(time, time, time, new ClockFile(directory.resolve("clock")));
        clock.tick();
        verbs = new StorageVerbs(pool, ROOT, clock, LONGEST);
        verbs.prepare();
        verbs.perform(new Request.CreateHost(HOST));
        verbs.perform(new Request.CreateGeneration(HOST, 1));
        verbs.perform(new Request.CreateVolume(HOST, 1, 0, 1 << 30, 16384));
        verbs.perform(new Request.CreateVolume(HOST, 1, 1, 1 << 20, 16384));
    }

    private static PointId point(int number) {
        return new PointId(String.format("22222222-2222-2222-2222-%012d", number));
    }

    private Answer.Point take(PointId point, long keepUntil) {
        return (Answer.Point) verbs.perform(new Request.TakePoint(HOST, 1, point, Map.of("run", "-"), keepUntil));
    }

    private long in(Duration time) {
        return ManualTime.START.plus(time).getEpochSecond();
    }

    private void refused(ProblemCode code, Request.Storage request) {
        List<String> before = pool.changes();
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> verbs.perform(request))
                .satisfies(
                        e -> assertThat(e.problem().code()).as(e.getMessage()).isEqualTo(code));
        assertThat(pool.changes()).as("a refused verb changes nothing").isEqualTo(before);
    }

    private Request.DestroyPoint destroy(Answer.Point point) {
        return new Request.DestroyPoint(HOST, 1, POINT, point.identity());
    }

    private boolean isThere(PointId point) {
        return verbs.perform(new Request.FindPoint(HOST, 1, point)) instanceof Answer.Point;
    }

    @Test
    void a_point_is_one_transaction_over_the_generation_and_its_volumes() {
        take(POINT, 0);

        assertThat(pool.names())
                .contains(
                        "tank/my understudy/hosts/" + HOST + "/g1@" + POINT,
                        "tank/my understudy/hosts/" + HOST + "/g1/disk0@" + POINT,
                        "tank/my understudy/hosts/" + HOST + "/g1/disk1@" + POINT);
        assertThat(pool.changes().stream().filter(change -> change.startsWith("snapshot")))
                .hasSize(1);
    }

    @Test
    void a_point_without_a_lock_is_destroyed_with_all_its_members() {
        Answer.Point taken = take(POINT, 0);

        verbs.perform(destroy(taken));
        verbs.perform(destroy(taken));

        assertThat(pool.names()).noneMatch(name -> name.contains("@"));
    }

    @Test
    void a_locked_point_stays_until_its_date_and_goes_after_it() {
        Answer.Point taken = take(POINT, in(Duration.ofDays(7)));
        refused(ProblemCode.POINT_LOCKED, destroy(taken));

        time.pass(Duration.ofDays(7).minusSeconds(1));
        refused(ProblemCode.POINT_LOCKED, destroy(taken));

        time.pass(Duration.ofSeconds(1));
        verbs.perform(destroy(taken));

        assertThat(isThere(POINT)).isFalse();
    }

    @Test
    void every_member_of_a_locked_point_is_held_against_the_tools_themselves() {
        take(POINT, in(Duration.ofDays(7)));

        for (SnapshotName member : members()) {
            assertThat(pool.holds(member)).containsExactly(Points.LOCK_HOLD.value());
        }
    }

    private List<SnapshotName> members() {
        Layout layout = new Layout(ROOT);
        return List.of(
                layout.generation(HOST, 1).snapshot(POINT.value()),
                layout.volume(HOST, 1, 0).snapshot(POINT.value()),
                layout.volume(HOST, 1, 1).snapshot(POINT.value()));
    }

    @Test
    void a_lock_is_prolonged_but_never_shortened() {
        Answer.Point taken = take(POINT, in(Duration.ofDays(7)));

        verbs.perform(new Request.KeepPoint(HOST, 1, POINT, taken.identity(), in(Duration.ofDays(30))));
        refused(
                ProblemCode.LOCK_ONLY_LONGER,
                new Request.KeepPoint(HOST, 1, POINT, taken.identity(), in(Duration.ofDays(29))));
        refused(ProblemCode.LOCK_ONLY_LONGER, new Request.KeepPoint(HOST, 1, POINT, taken.identity(), 0));
        verbs.perform(new Request.KeepPoint(HOST, 1, POINT, taken.identity(), in(Duration.ofDays(30))));

        Answer.Point now = (Answer.Point) verbs.perform(new Request.FindPoint(HOST, 1, POINT));
        assertThat(now.keepUntilSeconds()).isEqualTo(in(Duration.ofDays(30)));
    }

    @Test
    void a_point_taken_again_with_an_earlier_date_keeps_its_lock() {
        take(POINT, in(Duration.ofDays(30)));

        Answer.Point again = take(POINT, in(Duration.ofDays(1)));

        assertThat(again.keepUntilSeconds()).isEqualTo(in(Duration.ofDays(30)));
    }

    @Test
    void a_lock_reaches_neither_into_the_past_nor_beyond_the_longest() {
        Answer.Point taken = take(POINT, 0);

        for (Duration end : List.of(Duration.ZERO, Duration.ofDays(-1), LONGEST.plusSeconds(1))) {
            refused(ProblemCode.LOCK_ONLY_LONGER, new Request.KeepPoint(HOST, 1, POINT, taken.identity(), in(end)));
        }
        refused(ProblemCode.LOCK_ONLY_LONGER, new Request.TakePoint(HOST, 1, point(2), Map.of(), in(Duration.ZERO)));
        verbs.perform(new Request.KeepPoint(HOST, 1, POINT, taken.identity(), in(LONGEST)));
    }

    @Test
    void a_point_taken_again_cannot_be_locked_beyond_the_longest_either() {
        take(POINT, 0);

        refused(
                ProblemCode.LOCK_ONLY_LONGER,
                new Request.TakePoint(HOST, 1, POINT, Map.of(), in(LONGEST.plusSeconds(1))));
    }

    @Test
    void a_date_that_cannot_be_read_is_not_overwritten_by_the_caller() {
        Answer.Point taken = take(POINT, 0);
        pool.setProperty(members().get(0), Points.KEEP_UNTIL, "2026-12-24");

        for (long asked : List.of(0L, 1L, in(Duration.ofSeconds(1)))) {
            refused(ProblemCode.LOCK_ONLY_LONGER, new Request.KeepPoint(HOST, 1, POINT, taken.identity(), asked));
        }
        refused(
                ProblemCode.LOCK_ONLY_LONGER,
                new Request.TakePoint(HOST, 1, POINT, Map.of(), in(Duration.ofSeconds(1))));
        refused(ProblemCode.POINT_LOCKED, destroy(taken));
    }

    @Test
    void the_date_of_a_member_counts_and_one_that_cannot_be_read_locks() {
        Answer.Point taken = take(POINT, 0);
        SnapshotName disk = members().get(2);

        pool.setProperty(disk, Points.KEEP_UNTIL, Long.toString(in(Duration.ofDays(1))));
        refused(ProblemCode.POINT_LOCKED, destroy(taken));

        pool.setProperty(disk, Points.KEEP_UNTIL, "soon");
        time.pass(Duration.ofDays(9000));
        refused(ProblemCode.POINT_LOCKED, destroy(taken));
    }

    @Test
    void a_held_point_stays_and_the_callers_cannot_release_what_is_not_theirs() {
        Answer.Point taken = take(POINT, 0);
        verbs.perform(new Request.HoldPoint(HOST, 1, POINT, new Tag("verification")));
        refused(ProblemCode.POINT_HELD, destroy(taken));

        verbs.perform(new Request.ReleasePoint(HOST, 1, POINT, new Tag("verification")));
        pool.hold(members().get(1), new org.understudy.zfs.name.HoldTag("replication"));
        verbs.perform(new Request.ReleasePoint(HOST, 1, POINT, new Tag("replication")));
        refused(ProblemCode.POINT_HELD, destroy(taken));
    }

    @Test
    void releasing_the_name_of_the_lock_does_not_touch_the_lock() {
        take(POINT, in(Duration.ofDays(7)));

        verbs.perform(new Request.ReleasePoint(HOST, 1, POINT, new Tag("org.understudy.lock")));

        assertThat(pool.holds(members().get(0))).containsExactly(Points.LOCK_HOLD.value());
    }

    @Test
    void properties_of_the_caller_cannot_reach_the_date_of_the_lock() {
        take(POINT, in(Duration.ofDays(7)));

        verbs.perform(new Request.SetProperty(HOST, 1, POINT, "keep-until", "0"));
        verbs.perform(new Request.RemoveProperty(HOST, 1, POINT, "keep-until"));

        Answer.Point now = (Answer.Point) verbs.perform(new Request.FindPoint(HOST, 1, POINT));
        assertThat(now.keepUntilSeconds()).isEqualTo(in(Duration.ofDays(7)));
    }

    @Test
    void the_identity_of_another_point_destroys_nothing() {
        take(POINT, 0);
        Answer.Point other = take(point(2), 0);

        refused(ProblemCode.CONFLICT, destroy(other));
    }

    @Test
    void the_origin_of_a_takeover_or_generation_stays() {
        Answer.Point taken = take(POINT, 0);
        Answer.Made clone = (Answer.Made) verbs.perform(new Request.ClonePoint(HOST, 1, POINT, new CloneId("t1")));
        refused(ProblemCode.POINT_HELD, destroy(taken));

        verbs.perform(new Request.DestroyClone(new CloneId("t1"), clone.identity()));
        verbs.perform(new Request.ForkGeneration(HOST, 1, POINT, 2));
        refused(ProblemCode.POINT_HELD, destroy(taken));
    }

    @Test
    void a_generation_with_points_and_a_host_with_generations_stay() {
        take(POINT, 0);

        refused(ProblemCode.CONFLICT, new Request.DestroyGeneration(HOST, 1, identity("/hosts/" + HOST + "/g1")));
        refused(ProblemCode.CONFLICT, new Request.DestroyHost(HOST, identity("/hosts/" + HOST)));
        refused(ProblemCode.CONFLICT, new Request.DestroyHost(HOST, new Identity("1")));
    }

    @Test
    void rolling_back_is_a_new_generation_and_keeps_later_points() {
        take(POINT, 0);
        take(point(2), 0);

        verbs.perform(new Request.ForkGeneration(HOST, 1, POINT, 2));
        verbs.perform(new Request.SelectHead(HOST, 2));
        refused(ProblemCode.NOT_FOUND, new Request.SelectHead(HOST, 3));

        assertThat(pool.properties(new Layout(ROOT).host(HOST), List.of(Layout.HEAD)))
                .containsEntry("org.understudy:head", "g2");
        assertThat(pool.names()).contains("tank/my understudy/hosts/" + HOST + "/g2/disk1");
        assertThat(isThere(point(2))).isTrue();
        refused(ProblemCode.CONFLICT, new Request.ForkGeneration(HOST, 1, point(2), 2));
        refused(ProblemCode.CONFLICT, new Request.ForkGeneration(HOST, 1, POINT, 1));
    }

    @Test
    void nothing_is_destroyed_while_the_clock_is_not_trusted() {
        Answer.Point taken = take(POINT, in(Duration.ofDays(7)));
        Answer.Point free = take(point(2), 0);
        time.sourcesAgree(false);

        time.jump(Duration.ofDays(8));

        refused(ProblemCode.CLOCK_NOT_TRUSTED, destroy(taken));
        refused(ProblemCode.CLOCK_NOT_TRUSTED, new Request.DestroyPoint(HOST, 1, point(2), free.identity()));
        take(point(3), 0);
        verbs.perform(new Request.CreateGeneration(HOST, 9));
        verbs.perform(new Request.DestroyGeneration(HOST, 9, identity("/hosts/" + HOST + "/g9")));
    }

    private Identity identity(String below) {
        return Identity.of(
                pool.find(new DatasetName(ROOT + below)).orElseThrow().guid());
    }

    @Test
    void holds_are_counted() {
        take(POINT, 0);
        for (int i = 0; i < PointVerbs.MAX_HOLDS; i++) {
            verbs.perform(new Request.HoldPoint(HOST, 1, POINT, new Tag("t" + i)));
        }

        refused(ProblemCode.CONFLICT, new Request.HoldPoint(HOST, 1, POINT, new Tag("more")));
        verbs.perform(new Request.HoldPoint(HOST, 1, POINT, new Tag("t5")));
    }

    /** A daemon killed between any two changes: repeating the call gives what one call would have given. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
    void verbs_are_taken_up_again_wherever_the_daemon_died(int changes) {
        diesAndRepeats(changes, () -> take(POINT, in(Duration.ofDays(7))));
        diesAndRepeats(changes, () -> verbs.perform(new Request.ForkGeneration(HOST, 1, POINT, 2)));
        diesAndRepeats(changes, () -> verbs.perform(new Request.HoldPoint(HOST, 1, POINT, new Tag("run"))));
        for (SnapshotName member : members()) {
            assertThat(pool.holds(member)).hasSize(2);
        }
        diesAndRepeats(changes, () -> verbs.perform(new Request.ReleasePoint(HOST, 1, POINT, new Tag("run"))));
        diesAndRepeats(
                changes,
                () -> verbs.perform(
                        new Request.DestroyGeneration(HOST, 2, new Identity(currentOr("/hosts/" + HOST + "/g2")))));
        time.pass(Duration.ofDays(8));
        Identity identity =
                Identity.of(pool.find(members().get(0)).orElseThrow().guid());
        diesAndRepeats(changes, () -> verbs.perform(new Request.DestroyPoint(HOST, 1, POINT, identity)));

        assertThat(pool.names()).noneMatch(name -> name.contains("@") || name.contains("g2"));
    }

    private String currentOr(String below) {
        return pool.find(new DatasetName(ROOT + below))
                .map(dataset -> dataset.guid().toString())
                .orElse("1");
    }

    private void diesAndRepeats(int changes, Runnable verb) {
        pool.dieAfter(changes);
        try {
            verb.run();
        } catch (InMemoryPool.DiedException e) {
            assertThat(e).isNotNull();
        }
        pool.liveOn();
        verb.run();
    }

    @Test
    void a_point_whose_destruction_began_is_no_point_any_more() {
        Answer.Point taken = take(POINT, 0);
        pool.dieAfter(2);
        try {
            verbs.perform(destroy(taken));
        } catch (InMemoryPool.DiedException e) {
            pool.liveOn();
        }

        assertThat(isThere(POINT)).isFalse();
        refused(ProblemCode.POINT_NOT_FOUND, new Request.ForkGeneration(HOST, 1, POINT, 2));
        refused(ProblemCode.POINT_NOT_FOUND, new Request.HoldPoint(HOST, 1, POINT, new Tag("x")));
    }

    /** Random verbs with the identities that a stolen server knows: what is locked is there as long as its lock. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15})
    void no_series_of_verbs_loses_a_locked_point(long seed) {
        Random random = new Random(seed);
        List<Answer.Point> points = new ArrayList<>();
        List<Instant> locks = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Instant until = ManualTime.START.plus(Duration.ofDays(1 + random.nextInt(40)));
            points.add(take(point(i), until.getEpochSecond()));
            locks.add(until);
        }
        for (int step = 0; step < 400; step++) {
            int i = random.nextInt(points.size());
            Identity identity = points.get(random.nextInt(10) == 0 ? 0 : i).identity();
            long seconds = in(Duration.ofDays(random.nextInt(60)));
            Request.Storage request =
                    switch (random.nextInt(9)) {
                        case 0, 1 -> new Request.DestroyPoint(HOST, 1, point(i), identity);
                        case 2 -> new Request.KeepPoint(HOST, 1, point(i), identity, seconds);
                        case 3 -> new Request.ReleasePoint(HOST, 1, point(i), new Tag("org.understudy.lock"));
                        case 4 -> new Request.TakePoint(HOST, 1, point(i), Map.of(), seconds);
                        case 5 -> new Request.DestroyGeneration(HOST, 1, identity("/hosts/" + HOST + "/g1"));
                        case 6 -> new Request.DestroyHost(HOST, identity("/hosts/" + HOST));
                        case 7 -> new Request.SetProperty(HOST, 1, point(i), "keep-until", "0");
                        case 8 -> new Request.ForkGeneration(HOST, 1, point(i), 2 + random.nextInt(3));
                        default -> throw new IllegalStateException();
                    };
            pool.dieAfter(random.nextInt(6) == 0 ? random.nextInt(4) : Integer.MAX_VALUE);
            try {
                if (verbs.perform(request) instanceof Answer.Point now) {
                    locks.set(
                            i, Instant.ofEpochSecond(Math.max(locks.get(i).getEpochSecond(), now.keepUntilSeconds())));
                    points.set(i, now);
                }
            } catch (ProblemException | InMemoryPool.DiedException e) {
                assertThat(e).isNotNull();
            }
            pool.liveOn();
            time.pass(Duration.ofHours(random.nextInt(6)));
            for (int p = 0; p < points.size(); p++) {
                if (time.instant().isBefore(locks.get(p))) {
                    for (String part : List.of("g1", "g1/disk0", "g1/disk1")) {
                        assertThat(pool.names())
                                .as("seed %d, step %d, %s", seed, step, request)
                                .contains(ROOT + "/hosts/" + HOST + "/" + part + "@" + point(p));
                    }
                }
            }
        }
    }
}
