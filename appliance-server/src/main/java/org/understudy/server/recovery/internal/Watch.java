package org.understudy.server.recovery.internal;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.MachineName;
import org.understudy.server.hypervisor.MachineStatus;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.Probe;
import org.understudy.server.recovery.Takeover.ProbeResult;
import org.understudy.server.recovery.Takeover.State;

/**
 * Watches one running machine: asks its open probes, takes pictures until all have passed, and looks whether it still runs. Used by
 * its worker's thread alone. A hypervisor that does not answer for the moment changes nothing.
 */
final class Watch {

    private static final Logger log = LoggerFactory.getLogger(Watch.class);

    private final TakeoverId id;
    private final MachineName machine;
    private final Backstage backstage;
    private final Supplier<Duration> sinceRequest;
    private final Prober prober;
    private final long began = System.nanoTime();
    private final List<InetAddress> ownAddresses;
    private Optional<Long> lastLook = Optional.empty();
    private Optional<Long> lastPicture = Optional.empty();
    private Takeover takeover;
    private boolean unproven;

    Watch(TakeoverId id, MachineName machine, Backstage backstage, Supplier<Duration> sinceRequest) {
        this.id = id;
        this.machine = machine;
        this.backstage = backstage;
        this.sinceRequest = sinceRequest;
        this.prober = new Prober(
                backstage.settings().connectLimit(), backstage.settings().answerLimit());
        this.takeover = current();
        this.ownAddresses = takeover.mode() == Mode.TAKEOVER && asking() ? ownAddresses(takeover) : List.of();
        // A server that died between the last answer and this record is made up for.
        this.unproven = allPassed()
                && backstage
                        .points()
                        .point(takeover.point())
                        .map(point -> point.state() != RecoveryPoint.State.PROVEN)
                        .orElse(false);
    }

    private List<InetAddress> ownAddresses(Takeover of) {
        try {
            return MachinePlan.ownAddresses(
                    backstage.points().manifest(of.point()).facts());
        } catch (ProblemException e) {
            log.warn("the host's own addresses are not known to takeover {}: {}", id, e.getMessage());
            return List.of();
        }
    }

    static boolean isUp(MachineStatus.State state) {
        return state == MachineStatus.State.RUNNING || state == MachineStatus.State.PAUSED;
    }

    /** How long to wait for an order before the next {@link #look}. */
    Duration pause() {
        return asking() || unproven
                ? backstage.settings().probeInterval()
                : backstage.settings().watchInterval();
    }

    /** One round. @return the machine's state if it no longer runs */
    Optional<MachineStatus.State> look() {
        takeover = current();
        try {
            if (due(lastLook, backstage.settings().watchInterval())) {
                Optional<MachineStatus> status = backstage.hypervisor().machine(machine);
                lastLook = Optional.of(System.nanoTime());
                if (status.isEmpty() || !isUp(status.get().state())) {
                    return Optional.of(status.map(MachineStatus::state).orElse(MachineStatus.State.DEFINED));
                }
            }
            if (asking()) {
                ask();
                if (asking() && due(lastPicture, backstage.settings().screenshotInterval())) {
                    picture();
                }
                unproven = allPassed();
            }
            if (unproven) {
                proven();
            }
        } catch (ProblemException e) {
            if (e.problem().code() == ProblemCode.CANCELLED) {
                throw e;
            }
            log.debug("takeover {} cannot be watched for the moment: {}", id, e.getMessage());
        }
        return Optional.empty();
    }

    private boolean asking() {
        return takeover.probes().stream().anyMatch(probe -> probe.passed().isEmpty());
    }

    private void ask() {
        List<InetAddress> addresses = addresses();
        boolean anyBefore = takeover.toAnswer().isPresent();
        for (int i = 0; i < takeover.probes().size(); i++) {
            if (takeover.probes().get(i).passed().isEmpty()) {
                ask(i, addresses);
            }
        }
        if (!anyBefore && takeover.toAnswer().isPresent()) {
            picture();
        }
        if (asking()
                && System.nanoTime() - began > backstage.settings().probeLimit().toNanos()) {
            giveUp();
        }
    }

    private List<InetAddress> addresses() {
        Optional<InetAddress> told = backstage.hypervisor().guestAddress(machine);
        if (told.isEmpty()) {
            return ownAddresses;
        }
        String text = told.get().getHostAddress();
        if (!takeover.address().equals(Optional.of(text))) {
            takeover = backstage.log().note(id, edit -> edit.address(text));
        }
        return List.of(told.get());
    }

    private void ask(int index, List<InetAddress> addresses) {
        ProbeResult before = takeover.probes().get(index);
        Probe probe = before.probe();
        ProbeResult after = before;
        if (addresses.isEmpty()) {
            after = notYet(
                    before,
                    new Prober.Answer.NotYet("the guest has no address yet", Optional.empty(), Optional.empty()));
        }
        for (InetAddress address : addresses) {
            Prober.Answer answer = onGuestNetwork(address, probe);
            if (answer instanceof Prober.Answer.Passed passed) {
                passed(index, probe, address, passed);
                return;
            }
            after = notYet(before, (Prober.Answer.NotYet) answer);
        }
        if (!after.equals(before)) {
            ProbeResult changed = after;
            takeover = backstage.log().note(id, edit -> edit.probe(index, changed));
        }
    }

    private Prober.Answer onGuestNetwork(InetAddress address, Probe probe) {
        try {
            return backstage.hypervisor().onGuestNetwork(machine, () -> prober.ask(address, probe));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Patience.ended();
        } catch (ProblemException e) {
            throw e;
        } catch (Exception e) {
            return new Prober.Answer.NotYet(
                    "the guest's network cannot be reached: " + e.getMessage(), Optional.empty(), Optional.empty());
        }
    }

    private static ProbeResult notYet(ProbeResult before, Prober.Answer.NotYet answer) {
        return new ProbeResult(
                before.probe(),
                Optional.empty(),
                Optional.empty(),
                answer.bodySha256(),
                answer.bodyStart(),
                Optional.of(answer.reason()));
    }

    private void passed(int index, Probe probe, InetAddress address, Prober.Answer.Passed answer) {
        Duration after = sinceRequest.get();
        ProbeResult result = new ProbeResult(
                probe,
                Optional.of(true),
                Optional.of(after),
                answer.bodySha256(),
                answer.bodyStart(),
                Optional.empty());
        takeover = backstage
                .log()
                .note(id, edit -> edit.probe(index, result).answered(after).address(address.getHostAddress()));
        log.info("takeover {}: {} passed after {} ms", id, Prober.label(probe), after.toMillis());
    }

    private boolean allPassed() {
        return !takeover.probes().isEmpty()
                && takeover.probes().stream().allMatch(probe -> probe.passed().equals(Optional.of(true)));
    }

    private void proven() {
        Duration after = sinceRequest.get();
        backstage.points().markProven(takeover.point());
        unproven = false;
        backstage.metrics().answered(takeover.mode(), after);
        backstage
                .log()
                .publish(new RecoveryEvents.TakeoverAnswered(
                        id, takeover.host(), takeover.point(), takeover.mode(), after));
    }

    private void giveUp() {
        List<String> open = new ArrayList<>();
        List<ProbeResult> results = takeover.probes();
        String last = results.stream()
                .filter(result -> result.passed().isEmpty())
                .flatMap(result -> result.lastError().stream())
                .reduce((a, b) -> b)
                .orElse("");
        takeover = backstage.log().note(id, edit -> {
            for (int i = 0; i < results.size(); i++) {
                ProbeResult result = results.get(i);
                if (result.passed().isEmpty()) {
                    open.add(Prober.label(result.probe()));
                    edit.probe(
                            i,
                            new ProbeResult(
                                    result.probe(),
                                    Optional.of(false),
                                    Optional.empty(),
                                    result.bodySha256(),
                                    result.bodyStart(),
                                    result.lastError()));
                }
            }
            edit.problem(
                    Problem.of(ProblemCode.PROBE_FAILED, "probe", String.join(", ", open))
                            .withDetails(last),
                    State.RUNNING);
        });
        picture();
        Problem problem = takeover.problem().orElseThrow();
        log.warn("takeover {} runs, but: {}", id, problem.english());
        backstage
                .log()
                .publish(new RecoveryEvents.TakeoverFailed(
                        id, takeover.host(), takeover.point(), State.RUNNING, problem));
    }

    private void picture() {
        lastPicture = Optional.of(System.nanoTime());
        try {
            byte[] png = backstage.hypervisor().screenshot(machine);
            backstage.screenshots().store(id, png);
            takeover = backstage
                    .log()
                    .note(id, edit -> edit.screenshot(backstage.log().now()));
        } catch (ProblemException e) {
            if (e.problem().code() == ProblemCode.CANCELLED) {
                throw e;
            }
            log.debug("no picture of takeover {}: {}", id, e.getMessage());
        }
    }

    private static boolean due(Optional<Long> last, Duration interval) {
        return last.isEmpty() || System.nanoTime() - last.get() >= interval.toNanos();
    }

    private Takeover current() {
        return backstage.book().find(id).orElseThrow(() -> new IllegalStateException("takeover " + id + " has no row"));
    }
}
