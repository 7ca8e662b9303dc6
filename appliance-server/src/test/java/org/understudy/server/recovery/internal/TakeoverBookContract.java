package org.understudy.server.recovery.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.VirtualMachine.DiskBus;
import org.understudy.server.hypervisor.VirtualMachine.Firmware;
import org.understudy.server.hypervisor.VirtualMachine.NicModel;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.Probe;
import org.understudy.server.recovery.Takeover.ProbeResult;
import org.understudy.server.recovery.Takeover.State;

/** What every {@link TakeoverBook} does. */
abstract class TakeoverBookContract {

    private static final Instant NOON = Instant.parse("2026-11-20T12:00:00.123456Z");

    abstract TakeoverBook book();

    private static Takeover requested(HostId host, Mode mode, Instant at) {
        return new Takeover(
                TakeoverId.random(),
                host,
                PointId.random(),
                mode,
                State.REQUESTED,
                2,
                3L << 30,
                DiskBus.NVME,
                NicModel.VMXNET3,
                Firmware.UEFI,
                "because, 因为",
                at,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(new Takeover.Transition(State.REQUESTED, at, Duration.ZERO, "")),
                List.of(
                        open(new Probe.Tcp(22)),
                        open(new Probe.Http(80, "/x?y=1", Optional.of("fine"))),
                        open(new Probe.Http(81, "/", Optional.empty()))),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);
    }

    private static ProbeResult open(Probe probe) {
        return new ProbeResult(
                probe, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static Takeover enter(Takeover takeover, State state) {
        TakeoverEdit edit = new TakeoverEdit(takeover);
        edit.enter(
                state, takeover.requestedAt().plusSeconds(takeover.transitions().size()), "note " + state);
        return edit.done();
    }

    @Test
    void whatIsWrittenIsReadBack() {
        Takeover first = requested(HostId.random(), Mode.DRILL, NOON);
        book().open(first);
        assertThat(book().find(first.id())).hasValue(first);
        Takeover changed = book().change(first.id(), takeover -> {
            TakeoverEdit edit = new TakeoverEdit(enter(enter(takeover, State.CLONING), State.FAILED));
            return edit.address("10.231.4.10")
                    .running(Duration.ofMillis(1234))
                    .answered(Duration.ofSeconds(9))
                    .probe(
                            1,
                            new ProbeResult(
                                    takeover.probes().get(1).probe(),
                                    Optional.of(true),
                                    Optional.of(Duration.ofSeconds(9)),
                                    Optional.of("ab".repeat(32)),
                                    Optional.of("<html>'\"服务器"),
                                    Optional.of("refused")))
                    .screenshot(NOON.plusSeconds(5))
                    .problem(
                            Problem.of(ProblemCode.VM_START_FAILED, "machine", "us-x")
                                    .withDetails("said qemu"),
                            State.BOOTING)
                    .kept(true)
                    .done();
        });
        assertThat(changed.state()).isEqualTo(State.FAILED);
        assertThat(changed.transitions()).hasSize(3);
        assertThat(changed.transitions().get(1).lasted()).isEqualTo(Duration.ofSeconds(1));
        assertThat(book().find(first.id())).hasValue(changed);
    }

    @Test
    void unknownOnesAreEmptyOrNotFound() {
        assertThat(book().find(TakeoverId.random())).isEmpty();
        assertThatThrownBy(() -> book().change(TakeoverId.random(), takeover -> takeover))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.NOT_FOUND));
    }

    @Test
    void aHostHasOneUnfinishedTakeoverAndAnyNumberOfDrills() {
        HostId host = HostId.random();
        Takeover first = requested(host, Mode.TAKEOVER, NOON);
        book().open(first);
        book().open(requested(host, Mode.DRILL, NOON));
        book().open(requested(host, Mode.DRILL, NOON));
        book().open(requested(HostId.random(), Mode.TAKEOVER, NOON));
        Takeover second = requested(host, Mode.TAKEOVER, NOON);
        assertThatThrownBy(() -> book().open(second))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.TAKEOVER_EXISTS));
        assertThat(book().find(second.id())).isEmpty();
        book().change(first.id(), takeover -> enter(takeover, State.FAILED));
        book().open(second);
    }

    @Test
    void listsAreInOrderOfTheirRequests() {
        List<Takeover> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Takeover takeover = requested(HostId.random(), Mode.DRILL, NOON.plusSeconds(i));
            book().open(takeover);
            all.add(takeover);
        }
        book().change(all.get(1).id(), takeover -> enter(takeover, State.FAILED));
        assertThat(book().newest(3)).containsExactly(all.get(4), all.get(3), all.get(2));
        assertThat(book().unfinished()).containsExactly(all.get(0), all.get(2), all.get(3), all.get(4));
    }

    @Test
    void aChangeThatFailsChangesNothing() {
        Takeover first = requested(HostId.random(), Mode.DRILL, NOON);
        book().open(first);
        assertThatThrownBy(() -> book().change(first.id(), takeover -> {
                    throw new IllegalStateException("no");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(book().find(first.id())).hasValue(first);
    }

    @Test
    void concurrentChangesFollowOneAnother() throws Exception {
        Takeover first = requested(HostId.random(), Mode.DRILL, NOON);
        book().open(first);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.add(Thread.ofVirtual()
                    .start(() -> book().change(
                                    first.id(),
                                    takeover -> new TakeoverEdit(takeover)
                                            .address(takeover.address().orElse("") + "x")
                                            .done())));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(book().find(first.id()).orElseThrow().address()).hasValue("xxxxxxxx");
    }
}
