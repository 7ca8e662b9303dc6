package org.understudy.server.recovery.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.Capacity;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.RecoverySettings;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.State;

class RoomTest {

    /** A quarter for takeovers; two virtual processors for each real one. */
    private static final RecoverySettings SETTINGS = settings(25, 2);

    private static RecoverySettings settings(int percent, int overcommit) {
        java.time.Duration any = java.time.Duration.ofSeconds(1);
        return new RecoverySettings(any, any, any, any, any, any, any, any, percent, overcommit);
    }

    private static Takeover tenant(Mode mode, State state, int cpus, long mebibytes) {
        return new Takeover(
                TakeoverId.random(),
                HostId.random(),
                PointId.random(),
                mode,
                state,
                cpus,
                mebibytes << 20,
                VirtualMachine.DiskBus.VIRTIO,
                VirtualMachine.NicModel.VIRTIO,
                VirtualMachine.Firmware.BIOS,
                "",
                Instant.EPOCH,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);
    }

    private static Capacity capacity(int cpus, long totalMib, long freeMib) {
        return new Capacity(cpus, ByteSize.ofMebibytes(totalMib), ByteSize.ofMebibytes(freeMib));
    }

    /** Running machines of ours have been taken off what the hypervisor calls free. */
    private static Room room(long totalMib, long othersMib, long takeoversMib, long drillsMib) {
        List<Takeover> running = new ArrayList<>();
        if (takeoversMib > 0) {
            running.add(tenant(Mode.TAKEOVER, State.RUNNING, 1, takeoversMib));
        }
        if (drillsMib > 0) {
            running.add(tenant(Mode.DRILL, State.RUNNING, 1, drillsMib));
        }
        return Room.of(running, capacity(4, totalMib, totalMib - othersMib - takeoversMib - drillsMib), SETTINGS);
    }

    @ParameterizedTest(
            name = "of {0} MiB: others {1}, takeovers {2}, drills {3}: free for a takeover {4}, for a drill {5}")
    @CsvSource({
        "8000, 0, 0, 0, 8000, 6000",
        "8000, 0, 0, 6000, 2000, 0",
        "8000, 0, 1000, 0, 7000, 6000",
        "8000, 0, 2000, 0, 6000, 6000",
        "8000, 0, 3000, 0, 5000, 5000",
        "8000, 0, 1000, 3000, 4000, 3000",
        "8000, 0, 2000, 6000, 0, 0",
        "8000, 5000, 0, 0, 3000, 1000",
        "8000, 7000, 0, 0, 1000, 0",
        "0, 0, 0, 0, 0, 0"
    })
    void drillsLeaveToTakeoversWhatTheseDoNotUseOfTheirPart(
            long total, long others, long takeovers, long drills, long forTakeover, long forDrill) {
        Room room = room(total, others, takeovers, drills);
        assertThat(room.memory().freeFor(Mode.TAKEOVER) >> 20).isEqualTo(forTakeover);
        assertThat(room.memory().freeFor(Mode.DRILL) >> 20).isEqualTo(forDrill);
        assertThat(room.memory().others() >> 20).isEqualTo(others);
    }

    @ParameterizedTest
    @CsvSource({
        "REQUESTED, 3000, true",
        "CLONING, 3000, true",
        "PREPARING, 3000, true",
        "BOOTING, 3000, true",
        "RUNNING, 3000, true",
        "STOPPED, 0, false",
        "DISCARDING, 0, false"
    })
    void whatIsPromisedIsHeldAndWhatIsOffIsNot(State state, long heldMib, boolean countsAsUsingTheReserve) {
        // The hypervisor counts what runs; what is accepted and does not run yet only the book knows.
        long given = state == State.RUNNING ? 3000 : 0;
        Room room = Room.of(List.of(tenant(Mode.TAKEOVER, state, 3, 3000)), capacity(4, 8000, 8000 - given), SETTINGS);
        assertThat(room.memory().free() >> 20).isEqualTo(8000 - heldMib);
        assertThat(room.memory().keptFrom(Mode.DRILL) >> 20).isEqualTo(countsAsUsingTheReserve ? 0 : 2000);
        assertThat(room.cpus().free()).isEqualTo(8 - (heldMib > 0 ? 3 : 0));
    }

    @Test
    void aMachineThatDiedUnnoticedStillHoldsItsRoom() {
        Room room = Room.of(List.of(tenant(Mode.TAKEOVER, State.RUNNING, 1, 3000)), capacity(4, 8000, 8000), SETTINGS);
        assertThat(room.memory().free() >> 20).isEqualTo(5000);
    }

    @ParameterizedTest(name = "{0} takes {1} MiB and {2} processors: {3}")
    @CsvSource({
        "DRILL, 4000, 4, fits",
        "DRILL, 4001, 1, MEMORY_TAKEN",
        "DRILL, 1, 5, CPUS_TAKEN",
        "TAKEOVER, 6000, 6, fits",
        "TAKEOVER, 6001, 1, MEMORY_TAKEN",
        "TAKEOVER, 1, 7, CPUS_TAKEN"
    })
    void oneMoreThanIsFreeIsRefused(Mode mode, long mebibytes, int cpus, String expected) {
        // Of 8000 MiB and 8 virtual processors a drill holds 2000 and 2; 2000 and 2 are kept for takeovers.
        Room room = Room.of(List.of(tenant(Mode.DRILL, State.RUNNING, 2, 2000)), capacity(4, 8000, 6000), SETTINGS);
        if (expected.equals("fits")) {
            assertThatCode(() -> room.require(mebibytes << 20, cpus, mode, one -> "web01"))
                    .doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> room.require(mebibytes << 20, cpus, mode, one -> "web01"))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.valueOf(expected)));
        }
    }

    @Test
    void aRefusalSaysWhatIsWantedWhatIsFreeAndWhoHoldsTheRest() {
        Room room = Room.of(
                List.of(tenant(Mode.TAKEOVER, State.RUNNING, 1, 1024), tenant(Mode.DRILL, State.BOOTING, 1, 3072)),
                capacity(4, 8192, 6144),
                SETTINGS);
        Problem problem = refusal(room, 4L << 30, 1);
        assertThat(problem.summary(Locale.ENGLISH))
                .isEqualTo("There is no room in memory for this machine: 4.00 GiB wanted, 2.00 GiB free for it.");
        assertThat(problem.cause(Locale.ENGLISH))
                .isEqualTo("Of 8.00 GiB for machines, takeovers hold 1.00 GiB and drills 3.00 GiB; 1.00 GiB is kept for"
                        + " takeovers and 1.00 GiB is used by something else. The largest: db 3.00 GiB, web 1.00 GiB.");
        assertThat(problem.summary(Locale.CHINESE)).contains("需要 4.00 GiB", "2.00 GiB");
        assertThat(problem.cause(Locale.CHINESE)).contains("接管占用 1.00 GiB", "演练占用 3.00 GiB", "db 3.00 GiB");
        Problem processors = refusal(room, 1, 20);
        assertThat(processors.english()).contains("20 wanted, 5 free", "8 virtual processors", "1 are kept");
        assertThat(processors.cause(Locale.CHINESE)).contains("共 8 个").doesNotContain("{");
    }

    @Test
    void ofManyOnlyTheLargestAreNamed() {
        List<Takeover> many = new ArrayList<>();
        for (int i = 1; i <= 7; i++) {
            many.add(tenant(Mode.DRILL, State.RUNNING, 1, 100 * i));
        }
        Problem problem = refusal(Room.of(many, capacity(8, 4000, 1200), SETTINGS), 4L << 30, 1);
        assertThat(problem.values().get("largest")).startsWith("db 700 MiB, ").endsWith(" 300 MiB, …");
        assertThat(refusal(Room.of(List.of(), capacity(8, 100, 100), SETTINGS), 4L << 30, 1)
                        .values())
                .containsEntry("largest", "-");
    }

    private static Problem refusal(Room room, long bytes, int cpus) {
        try {
            room.require(bytes, cpus, Mode.DRILL, one -> one.mode() == Mode.DRILL ? "db" : "web");
            throw new AssertionError("it was let in");
        } catch (ProblemException e) {
            return e.problem();
        }
    }

    @Test
    void hugeMachinesDoNotOverflowThePercentage() {
        Room room = Room.of(
                List.of(),
                new Capacity(4, new ByteSize(Long.MAX_VALUE), new ByteSize(Long.MAX_VALUE)),
                settings(90, 64));
        assertThat(room.memory().reserve()).isPositive().isLessThan(Long.MAX_VALUE);
        assertThat(room.memory().freeFor(Mode.DRILL)).isPositive();
    }
}
