package org.understudy.server.recovery.internal;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.MachineName;
import org.understudy.server.hypervisor.MachineStatus;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.State;
import org.understudy.server.storage.CloneId;

/**
 * Carries one takeover from its request to its end, on one virtual thread, which alone writes its state. Others leave orders in
 * its queue. Until the machine ran for the first time a failure removes everything; afterwards disks are only removed by
 * order.
 */
final class TakeoverWorker {

    private static final Logger log = LoggerFactory.getLogger(TakeoverWorker.class);

    /** What can be asked of a takeover that is under way. */
    enum Order {
        STOP,
        RESUME,
        DISCARD
    }

    private final TakeoverId id;
    private final MachineName machine;
    private final CloneId clone;
    private final Backstage backstage;
    private final Admission admission;
    private final CountDownLatch ending;
    private final Patience patience;
    private final Supplier<Duration> sinceRequest;
    private final BlockingQueue<Order> orders = new LinkedBlockingQueue<>();
    private volatile @Nullable Thread thread;

    /**
     * @param takeover as it was stored
     * @param admission passed again by a takeover that is resumed
     * @param sinceRequest time since the request, measured without the wall clock where possible
     * @param ending falls when the server ends; the takeover then stays as it is
     */
    TakeoverWorker(
            Takeover takeover,
            Backstage backstage,
            Admission admission,
            Supplier<Duration> sinceRequest,
            CountDownLatch ending) {
        this.id = takeover.id();
        this.machine = MachinePlan.machine(takeover.id());
        this.clone = MachinePlan.clone(takeover.id(), takeover.mode());
        this.backstage = backstage;
        this.admission = admission;
        this.sinceRequest = sinceRequest;
        this.ending = ending;
        this.patience = new Patience(ending);
    }

    /** Begins a new takeover. */
    void begin(Runnable atEnd) {
        launch(this::boot, atEnd);
    }

    /** Goes on with a takeover that an earlier server began. */
    void takeUp(Runnable atEnd) {
        launch(this::reconcile, atEnd);
    }

    void order(Order order) {
        orders.add(order);
    }

    void interrupt() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }

    boolean join(Duration limit) throws InterruptedException {
        Thread running = thread;
        return running == null || running.join(limit);
    }

    private void launch(Runnable beginning, Runnable atEnd) {
        thread = Thread.ofVirtual().name("takeover-" + id).start(() -> {
            MDC.put("takeover", id.toString());
            try {
                beginning.run();
                serve();
            } catch (RuntimeException e) {
                if (ending.getCount() > 0) {
                    log.error("takeover {} is left as it is until the next start", id, e);
                } else {
                    log.debug("takeover {} is left as it is: the server ends", id, e);
                }
            } finally {
                atEnd.run();
            }
        });
    }

    private void serve() {
        Watch watch = null;
        for (Takeover now = takeover(); !now.state().isFinal(); now = takeover()) {
            if (now.state() != State.RUNNING) {
                watch = null;
                obey(await(null));
                continue;
            }
            if (watch == null) {
                watch = new Watch(id, machine, backstage, sinceRequest);
            }
            Order order = await(watch.pause());
            if (order != null) {
                obey(order);
            } else {
                watch.look().ifPresent(this::machineEnded);
            }
        }
    }

    private @Nullable Order await(@Nullable Duration limit) {
        try {
            return limit == null ? orders.take() : orders.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Patience.ended();
        }
    }

    private void obey(@Nullable Order order) {
        Takeover now = takeover();
        switch (order) {
            case STOP -> {
                if (now.state() == State.RUNNING) {
                    stop();
                }
            }
            case RESUME -> {
                if (now.state() == State.STOPPED) {
                    resume();
                }
            }
            case DISCARD -> {
                if (!now.kept()) {
                    discard("asked for");
                }
            }
            case null -> throw new IllegalStateException("no order");
        }
    }

    private void boot() {
        try {
            enter(State.CLONING, "");
            insist(
                    "clone",
                    () -> backstage
                            .store()
                            .cloneSnapshot(takeover().host(), takeover().point(), clone));
            if (discardOrdered()) {
                return;
            }
            enter(State.PREPARING, "");
            insist("definition", this::define);
            if (discardOrdered()) {
                return;
            }
            enter(State.BOOTING, "");
            insist("start", this::start);
            entersRunning("");
        } catch (RuntimeException e) {
            Problem problem = problemOf(e);
            if (discardOrdered()) {
                log.info("takeover {} failed while it was being discarded: {}", id, problem.english());
            } else {
                abandon(problem);
            }
        }
    }

    private boolean define() {
        Takeover takeover = takeover();
        Manifest manifest = backstage.points().manifest(takeover.point());
        backstage.hypervisor().define(MachinePlan.describe(takeover, manifest, backstage.store()));
        return true;
    }

    private boolean start() {
        backstage.hypervisor().start(machine);
        return true;
    }

    private void entersRunning(String note) {
        Duration elapsed = sinceRequest.get();
        boolean first = takeover().toRunning().isEmpty();
        Takeover running = backstage.log().enter(id, State.RUNNING, note, edit -> edit.running(elapsed));
        if (first) {
            backstage.metrics().ran(running.mode(), elapsed);
        }
    }

    /** Leaves it to {@link #serve} to discard: the order is still in the queue. */
    private boolean discardOrdered() {
        return orders.contains(Order.DISCARD) && !takeover().kept();
    }

    private void stop() {
        try {
            insist("shut-down", () -> {
                backstage.hypervisor().shutDown(machine, backstage.settings().shutDownPatience());
                return true;
            });
            enter(State.STOPPED, "asked for");
        } catch (ProblemException e) {
            passOnIfEnding(e);
            if (e.problem().code() == ProblemCode.NOT_FOUND) {
                enter(State.STOPPED, "the machine was gone");
            } else {
                log.warn("takeover {} could not be stopped and runs on: {}", id, e.getMessage());
                backstage.log().note(id, edit -> edit.problem(e.problem(), State.RUNNING));
            }
        }
    }

    private void resume() {
        try {
            admission.pass(room -> {
                Takeover now = takeover();
                room.require(now.memoryBytes(), now.cpus(), now.mode(), admission::name);
                enter(State.BOOTING, "asked for");
                return true;
            });
        } catch (RuntimeException e) {
            Problem problem = problemOf(e);
            backstage.log().note(id, edit -> edit.problem(problem, State.STOPPED));
            tellFailure(State.STOPPED, problem);
            return;
        }
        try {
            // Defined anew: the definition may be gone with a host that was set up again.
            insist("definition", this::define);
            insist("start", this::start);
            entersRunning("resumed");
        } catch (RuntimeException e) {
            Problem problem = problemOf(e);
            backstage.log().enter(id, State.STOPPED, "resume failed", edit -> edit.problem(problem, State.BOOTING));
            tellFailure(State.BOOTING, problem);
        }
    }

    private void machineEnded(MachineStatus.State state) {
        if (state == MachineStatus.State.CRASHED) {
            Problem problem = Problem.of(ProblemCode.VM_CRASHED, "machine", machine.value());
            backstage.log().enter(id, State.STOPPED, "its process died", edit -> edit.problem(problem, State.RUNNING));
            tellFailure(State.RUNNING, problem);
        } else {
            enter(State.STOPPED, "the guest switched itself off");
        }
    }

    private void discard(String note) {
        if (takeover().state() != State.DISCARDING) {
            enter(State.DISCARDING, note);
        }
        try {
            insist("removal", this::removeAll);
            enter(State.DONE, "");
        } catch (RuntimeException e) {
            fail(problemOf(e));
        }
    }

    private boolean removeAll() {
        backstage.hypervisor().remove(machine);
        backstage.store().destroyClone(clone);
        return true;
    }

    /** Before the machine ever ran: everything goes; what cannot be removed now is removed at the next start. */
    private void abandon(Problem problem) {
        try {
            patience.insist(
                    "removal of takeover " + id, backstage.settings().retryLimit(), () -> false, this::removeAll);
        } catch (RuntimeException e) {
            log.warn(
                    "takeover {} left something, which the next start removes: {}",
                    id,
                    problemOf(e).english());
        }
        fail(problem);
    }

    private void fail(Problem problem) {
        State in = takeover().state();
        backstage.log().enter(id, State.FAILED, "", edit -> edit.problem(problem, in));
        tellFailure(in, problem);
    }

    private void reconcile() {
        Takeover found = takeover();
        switch (found.state()) {
            case REQUESTED, CLONING, PREPARING -> abandonInterrupted(found.state());
            case BOOTING -> {
                if (lives()) {
                    entersRunning("found running after a restart of the server");
                } else if (found.toRunning().isPresent()) {
                    enter(State.STOPPED, "found off after a restart of the server");
                } else {
                    abandonInterrupted(State.BOOTING);
                }
            }
            case RUNNING -> {
                if (!lives()) {
                    enter(State.STOPPED, "found off after a restart of the server");
                }
            }
            case STOPPED -> {
                if (lives()) {
                    entersRunning("found running after a restart of the server");
                }
            }
            case DISCARDING -> discard("");
            case DONE, FAILED -> log.debug("takeover {} had ended", id);
        }
    }

    private void abandonInterrupted(State in) {
        patience.untilDone("removal of takeover " + id, this::removeAll);
        fail(Problem.of(ProblemCode.TAKEOVER_INTERRUPTED, "step", in.name()));
    }

    private boolean lives() {
        return patience.untilDone(
                        "look at takeover " + id, () -> backstage.hypervisor().machine(machine))
                .filter(status -> Watch.isUp(status.state()))
                .isPresent();
    }

    private void tellFailure(State in, Problem problem) {
        Takeover takeover = takeover();
        backstage.log().publish(new RecoveryEvents.TakeoverFailed(id, takeover.host(), takeover.point(), in, problem));
    }

    private void enter(State next, String note) {
        backstage.log().enter(id, next, note);
    }

    private <T> T insist(String what, Supplier<T> operation) {
        BooleanSupplier givenUp = () -> takeover().state() != State.DISCARDING && orders.contains(Order.DISCARD);
        return patience.insist(what + " of takeover " + id, backstage.settings().retryLimit(), givenUp, operation);
    }

    private Takeover takeover() {
        return backstage.book().find(id).orElseThrow(() -> new IllegalStateException("takeover " + id + " has no row"));
    }

    /** What failed, as a problem. A server that ends is no failure: the takeover stays in its state. */
    private Problem problemOf(RuntimeException e) {
        if (e instanceof ProblemException known) {
            passOnIfEnding(known);
            return known.problem();
        }
        log.error("takeover {} met a fault of the product", id, e);
        return Problem.of(ProblemCode.INTERNAL).withDetails(e.toString());
    }

    private void passOnIfEnding(ProblemException e) {
        if (ending.getCount() == 0) {
            throw e;
        }
    }
}
