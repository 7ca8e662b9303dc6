package org.understudy.server.recovery.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.MachineRoom;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.State;
import org.understudy.server.recovery.Takeovers;

/** The stage's machine has 8 GiB and 4 processors: 64 virtual ones. A quarter of both is the takeovers'. */
class AdmissionTest {

    private static final long GIB = 1L << 30;
    private static final long TOTAL = 8 * GIB;
    private static final long FOR_DRILLS = 6 * GIB;
    private static final int CPUS = 64;
    private static final int CPUS_FOR_DRILLS = 48;
    private static final Set<ProblemCode> REFUSALS =
            Set.of(ProblemCode.MEMORY_TAKEN, ProblemCode.CPUS_TAKEN, ProblemCode.TAKEOVER_EXISTS);

    @TempDir
    private Path directory;

    private Stage stage;

    @BeforeEach
    void open() {
        stage = new Stage(directory);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    private static Takeovers.Request request(PointId point, Mode mode, int cpus, long bytes) {
        Takeovers.Request plain = Stage.request(point, mode);
        return new Takeovers.Request(
                point,
                mode,
                OptionalInt.of(cpus),
                OptionalLong.of(bytes),
                plain.diskBus(),
                plain.nicModel(),
                plain.firmware(),
                plain.probes(),
                false);
    }

    private void awaitState(TakeoverId id, State state) {
        await().until(() -> stage.state(id) == state);
    }

    @Test
    void drillsFillTheirPartAndATakeoverStillFindsRoom() {
        for (int i = 0; i < 3; i++) {
            awaitState(stage.takeovers().start(request(stage.point, Mode.DRILL, 1, 2 * GIB)), State.RUNNING);
        }
        assertThat(refused(() -> stage.takeovers().start(request(stage.point, Mode.DRILL, 1, 128L << 20))))
                .hasValue(ProblemCode.MEMORY_TAKEN);
        TakeoverId takeover = stage.takeovers().start(request(stage.point, Mode.TAKEOVER, 1, 2 * GIB));
        awaitState(takeover, State.RUNNING);
    }

    @Test
    void aDrillThatIsResumedMustPassAgain() {
        TakeoverId first = stage.takeovers().start(request(stage.point, Mode.DRILL, 1, 4 * GIB));
        awaitState(first, State.RUNNING);
        stage.takeovers().stop(first);
        awaitState(first, State.STOPPED);
        awaitState(stage.takeovers().start(request(stage.point, Mode.DRILL, 1, 3 * GIB)), State.RUNNING);
        assertThat(refused(() -> stage.takeovers().resume(first))).hasValue(ProblemCode.MEMORY_TAKEN);
        assertThat(stage.state(first)).isEqualTo(State.STOPPED);
    }

    @Test
    void twoThatAreResumedAtOnceAreNotBothLetIn() {
        List<TakeoverId> stopped = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            TakeoverId id = stage.takeovers().start(request(stage.point, Mode.DRILL, 1, 4 * GIB));
            awaitState(id, State.RUNNING);
            stage.takeovers().stop(id);
            awaitState(id, State.STOPPED);
            stopped.add(id);
        }
        // Whoever comes second is refused at the entrance or by his own worker; either way he stays off.
        for (TakeoverId id : stopped) {
            assertThat(refused(() -> stage.takeovers().resume(id)))
                    .isIn(Optional.empty(), Optional.of(ProblemCode.MEMORY_TAKEN));
        }
        await().until(() ->
                stopped.stream().filter(id -> stage.state(id) == State.RUNNING).count() == 1);
        awaitSettled(stopped);
        assertThat(stopped).filteredOn(id -> stage.state(id) == State.STOPPED).hasSize(1);
    }

    private void awaitSettled(List<TakeoverId> ids) {
        await().until(() ->
                ids.stream().allMatch(id -> stage.state(id) == State.RUNNING || stage.state(id) == State.STOPPED));
    }

    private static Optional<ProblemCode> refused(Runnable request) {
        try {
            request.run();
            return Optional.empty();
        } catch (ProblemException e) {
            return Optional.of(e.problem().code());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 20261121, -7})
    void requestsThatComeTogetherNeverOverbook(long seed) throws Exception {
        System.out.println("seed " + seed);
        List<PointId> points = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            PointId point = PointId.random();
            stage.addPoint(HostId.random(), point);
            points.add(point);
        }
        ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
        CountDownLatch begin = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int worker = 0; worker < 6; worker++) {
            Random random = new Random(seed * 31 + worker);
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    begin.await();
                    for (int step = 0; step < 25; step++) {
                        act(random, points, faults);
                        checkBooks(faults);
                    }
                } catch (InterruptedException e) {
                    faults.add("interrupted");
                }
            }));
        }
        begin.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(faults).isEmpty();
        assertThat(stage.takeovers().takeovers(1000))
                .as("some were let in")
                .isNotEmpty()
                .as("an order that comes early is no interruption")
                .allMatch(one -> one.problem()
                        .filter(problem -> problem.code() == ProblemCode.TAKEOVER_INTERRUPTED)
                        .isEmpty());
    }

    private void act(Random random, List<PointId> points, ConcurrentLinkedQueue<String> faults) {
        List<Takeover> active = stage.takeovers().active();
        int what = random.nextInt(10);
        try {
            if (what < 6 || active.isEmpty()) {
                stage.takeovers()
                        .start(request(
                                points.get(random.nextInt(points.size())),
                                random.nextInt(3) == 0 ? Mode.TAKEOVER : Mode.DRILL,
                                1 + random.nextInt(4),
                                (128L << 20) + random.nextInt(3000) * (1L << 20)));
            } else {
                TakeoverId some = active.get(random.nextInt(active.size())).id();
                switch (what) {
                    case 6 -> stage.takeovers().stop(some);
                    case 7 -> stage.takeovers().resume(some);
                    default -> stage.takeovers().discard(some);
                }
            }
        } catch (ProblemException e) {
            ProblemCode code = e.problem().code();
            if (!REFUSALS.contains(code) && code != ProblemCode.CONFLICT) {
                faults.add(e.problem().english());
            }
        }
    }

    /** Holds at every moment, whoever looks. */
    private void checkBooks(ConcurrentLinkedQueue<String> faults) {
        List<Takeover> holding = stage.book.unfinished().stream()
                .filter(one -> one.state() != State.STOPPED && one.state() != State.DISCARDING)
                .toList();
        long drills = 0;
        long all = 0;
        int drillCpus = 0;
        int allCpus = 0;
        for (Takeover one : holding) {
            all += one.memoryBytes();
            allCpus += one.cpus();
            if (one.mode() == Mode.DRILL) {
                drills += one.memoryBytes();
                drillCpus += one.cpus();
            }
        }
        if (all > TOTAL || drills > FOR_DRILLS || allCpus > CPUS || drillCpus > CPUS_FOR_DRILLS) {
            faults.add("overbooked: " + all + " bytes and " + allCpus + " processors, of these drills " + drills
                    + " and " + drillCpus);
        }
    }

    @Test
    void theRoomIsReportedWithItsReserveAndItsTenants() {
        TakeoverId drill = stage.takeovers().start(request(stage.point, Mode.DRILL, 2, 2 * GIB));
        TakeoverId takeover = stage.takeovers().start(request(stage.point, Mode.TAKEOVER, 3, GIB));
        awaitState(drill, State.RUNNING);
        awaitState(takeover, State.RUNNING);
        MachineRoom room = stage.takeovers().room();
        assertThat(room.memory()).isEqualTo(new MachineRoom.Part(TOTAL, GIB, 2 * GIB, 0, 2 * GIB, 5 * GIB, 4 * GIB));
        assertThat(room.processors()).isEqualTo(new MachineRoom.Part(CPUS, 3, 2, 0, 16, 59, 46));
        assertThat(room.tenants())
                .containsExactly(
                        new MachineRoom.Tenant(drill, stage.host, Mode.DRILL, 2, 2 * GIB),
                        new MachineRoom.Tenant(takeover, stage.host, Mode.TAKEOVER, 3, GIB));
    }

    @Test
    void processorsRunOutToo() {
        for (int i = 0; i < 12; i++) {
            stage.takeovers().start(request(stage.point, Mode.DRILL, 4, 128L << 20));
        }
        assertThat(refused(() -> stage.takeovers().start(request(stage.point, Mode.DRILL, 1, 128L << 20))))
                .hasValue(ProblemCode.CPUS_TAKEN);
        assertThatCode(() -> stage.takeovers().start(request(stage.point, Mode.TAKEOVER, 4, 128L << 20)))
                .doesNotThrowAnyException();
    }
}
