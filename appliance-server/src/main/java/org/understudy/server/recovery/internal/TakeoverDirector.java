package org.understudy.server.recovery.internal;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.readiness.Readiness;
import org.understudy.server.recovery.MachineRoom;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.ProbeResult;
import org.understudy.server.recovery.Takeover.State;
import org.understudy.server.recovery.Takeovers;
import org.understudy.server.recovery.internal.TakeoverWorker.Order;

/**
 * The entrance: checks and admits requests, gives every takeover a worker, and hands orders on. Thread-safe.
 */
class TakeoverDirector implements Takeovers {

    private static final Logger log = LoggerFactory.getLogger(TakeoverDirector.class);
    private static final Duration END_LIMIT = Duration.ofSeconds(10);

    private final Backstage backstage;
    private final Clock clock;
    private final Admission admission;
    private final Map<TakeoverId, TakeoverWorker> workers = new ConcurrentHashMap<>();
    private final CountDownLatch ending = new CountDownLatch(1);

    TakeoverDirector(Backstage backstage, Clock clock) {
        this.backstage = backstage;
        this.clock = clock;
        this.admission = new Admission(backstage);
    }

    @Override
    public TakeoverId start(Request request) {
        long requested = System.nanoTime();
        RequestCheck.check(request);
        RecoveryPoint point = backstage
                .points()
                .point(request.point())
                .orElseThrow(() -> Problem.of(
                                ProblemCode.POINT_NOT_FOUND,
                                "point",
                                request.point().toString())
                        .asException());
        if (point.state() == RecoveryPoint.State.SUSPECT && !request.acceptSuspect()) {
            throw Problem.of(ProblemCode.POINT_SUSPECT, "point", request.point().toString())
                    .asException();
        }
        Manifest manifest = backstage.points().manifest(request.point());
        // Two requests at once must not be promised the same memory.
        Takeover takeover = admission.pass(room -> {
            Takeover planned = plan(request, point, manifest, room);
            open(planned, () -> Duration.ofNanos(System.nanoTime() - requested));
            return planned;
        });
        return takeover.id();
    }

    /** Whoever finds the row also finds its worker: an order that came in between would be taken for one of an earlier server. */
    private void open(Takeover planned, Supplier<Duration> sinceRequest) {
        TakeoverWorker worker = new TakeoverWorker(planned, backstage, admission, sinceRequest, ending);
        workers.put(planned.id(), worker);
        try {
            backstage.log().open(planned, "");
        } catch (RuntimeException | Error e) {
            workers.remove(planned.id(), worker);
            throw e;
        }
        worker.begin(() -> workers.remove(planned.id(), worker));
    }

    private Takeover plan(Request request, RecoveryPoint point, Manifest manifest, Room room) {
        Sizing sizing = Sizing.choose(
                manifest.facts(),
                request.cpus(),
                request.memoryBytes(),
                request.mode(),
                room.processors(),
                room,
                admission::name);
        HardwareProfile profile = HardwareProfile.choose(
                manifest.facts(), Readiness.of(manifest), request.diskBus(), request.nicModel(), request.firmware());
        return new Takeover(
                TakeoverId.random(),
                point.host(),
                point.id(),
                request.mode(),
                State.REQUESTED,
                sizing.cpus(),
                sizing.memoryBytes(),
                profile.diskBus(),
                profile.nicModel(),
                profile.firmware(),
                sizing.reason().isEmpty() ? profile.reason() : profile.reason() + "; " + sizing.reason(),
                backstage.log().now(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                request.probes().stream()
                        .map(probe -> new ProbeResult(
                                probe,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()))
                        .toList(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);
    }

    @Override
    public Optional<Takeover> takeover(TakeoverId id) {
        return backstage.book().find(id);
    }

    @Override
    public List<Takeover> takeovers(int limit) {
        return backstage.book().newest(limit);
    }

    @Override
    public List<Takeover> active() {
        return backstage.book().unfinished();
    }

    @Override
    public MachineRoom room() {
        return admission.room().report();
    }

    @Override
    public Optional<byte[]> screenshot(TakeoverId id) {
        Takeover takeover = known(id);
        if (takeover.state() == State.RUNNING) {
            try {
                byte[] png = backstage.hypervisor().screenshot(MachinePlan.machine(id));
                backstage.screenshots().store(id, png);
                backstage.log().note(id, edit -> edit.screenshot(backstage.log().now()));
                return Optional.of(png);
            } catch (ProblemException e) {
                log.debug("no new picture of takeover {}: {}", id, e.getMessage());
            }
        }
        return backstage.screenshots().last(id);
    }

    @Override
    public void stop(TakeoverId id) {
        Takeover takeover = known(id);
        if (takeover.state() == State.STOPPED) {
            return;
        }
        require(takeover, State.RUNNING, "stopped");
        order(takeover, Order.STOP);
    }

    @Override
    public void resume(TakeoverId id) {
        Takeover takeover = known(id);
        if (takeover.state() == State.RUNNING) {
            return;
        }
        require(takeover, State.STOPPED, "resumed");
        // Whoever asks is told at once; what counts is the worker's own look when it takes the room.
        admission.room().require(takeover.memoryBytes(), takeover.cpus(), takeover.mode(), admission::name);
        order(takeover, Order.RESUME);
    }

    @Override
    public void discard(TakeoverId id) {
        Takeover takeover = known(id);
        if (takeover.kept() && !takeover.state().isFinal()) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "takeover " + id + " is kept")
                    .asException();
        }
        if (takeover.state() == State.FAILED) {
            Thread.ofVirtual().name("discard-" + id).start(() -> removeRest(takeover));
        } else if (takeover.state() != State.DONE) {
            order(takeover, Order.DISCARD);
            hurry(takeover);
        }
    }

    /** A guest that is taking its time to shut down is ended, so that the worker comes to the order. */
    private void hurry(Takeover takeover) {
        if (takeover.state() == State.RUNNING) {
            try {
                backstage.hypervisor().stop(MachinePlan.machine(takeover.id()));
            } catch (ProblemException e) {
                log.debug("takeover {} is ended by its worker: {}", takeover.id(), e.getMessage());
            }
        }
    }

    private void removeRest(Takeover takeover) {
        try {
            backstage.hypervisor().remove(MachinePlan.machine(takeover.id()));
            backstage.store().destroyClone(MachinePlan.clone(takeover.id(), takeover.mode()));
            log.info("nothing is left of takeover {}", takeover.id());
        } catch (ProblemException e) {
            log.warn("what takeover {} left cannot be removed yet: {}", takeover.id(), e.getMessage());
        }
    }

    @Override
    public void keep(TakeoverId id, boolean kept) {
        if (known(id).state().isFinal()) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "takeover " + id + " has ended")
                    .asException();
        }
        backstage.log().note(id, edit -> edit.kept(kept));
    }

    /** Gives every takeover that an earlier server began a worker, which compares it with what is there. */
    void takeUpAll() {
        for (Takeover takeover : backstage.book().unfinished()) {
            takeUp(takeover);
        }
    }

    /** Goes on with a takeover that has a row and no worker. */
    TakeoverWorker takeUp(Takeover takeover) {
        backstage.metrics().present(takeover);
        return employ(takeover, () -> positive(Duration.between(takeover.requestedAt(), clock.instant())));
    }

    private static Duration positive(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration;
    }

    /** Ends the workers and leaves their takeovers as they are: machines run on. */
    void end() {
        ending.countDown();
        List<TakeoverWorker> last = List.copyOf(workers.values());
        last.forEach(TakeoverWorker::interrupt);
        try {
            for (TakeoverWorker worker : last) {
                if (!worker.join(END_LIMIT)) {
                    log.warn("a takeover's step did not end in time; the next start makes up for it");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private TakeoverWorker employ(Takeover takeover, Supplier<Duration> sinceRequest) {
        TakeoverWorker fresh = new TakeoverWorker(takeover, backstage, admission, sinceRequest, ending);
        TakeoverWorker present = workers.putIfAbsent(takeover.id(), fresh);
        if (present != null) {
            return present;
        }
        fresh.takeUp(() -> workers.remove(takeover.id(), fresh));
        return fresh;
    }

    private void order(Takeover takeover, Order order) {
        TakeoverWorker worker = workers.get(takeover.id());
        (worker == null ? takeUp(takeover) : worker).order(order);
    }

    private Takeover known(TakeoverId id) {
        return backstage
                .book()
                .find(id)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "takeover " + id)
                        .asException());
    }

    private static void require(Takeover takeover, State state, String what) {
        if (takeover.state() != state) {
            throw Problem.of(
                            ProblemCode.CONFLICT,
                            "reason",
                            "takeover " + takeover.id() + " is " + takeover.state() + " and cannot be " + what)
                    .asException();
        }
    }
}
