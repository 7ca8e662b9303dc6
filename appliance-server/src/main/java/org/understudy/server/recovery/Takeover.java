package org.understudy.server.recovery;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;

/**
 * A recovery point running as a virtual machine.
 *
 * @param profile the virtual hardware that was chosen, and why, for people
 * @param address the guest's address once known
 * @param toRunning from the request to the machine running
 * @param toAnswer from the request to the first probe that passed
 * @param problem why it failed, or what is wrong although it goes on: a probe that did not pass, a machine that died
 * @param failedIn the state in which that was met
 * @param kept a kept takeover is not discarded by clean-up
 */
public record Takeover(
        TakeoverId id,
        HostId host,
        PointId point,
        Mode mode,
        State state,
        int cpus,
        long memoryBytes,
        VirtualMachine.DiskBus diskBus,
        VirtualMachine.NicModel nicModel,
        VirtualMachine.Firmware firmware,
        String profile,
        Instant requestedAt,
        Optional<Instant> endedAt,
        Optional<String> address,
        Optional<Duration> toRunning,
        Optional<Duration> toAnswer,
        List<Transition> transitions,
        List<ProbeResult> probes,
        Optional<Instant> screenshotAt,
        Optional<Problem> problem,
        Optional<State> failedIn,
        boolean kept) {

    /** Which network the machine stands in. */
    public enum Mode {
        /** The production network with the original MAC addresses. One per host at a time. */
        TAKEOVER,
        /** A network of its own that nothing leaves. */
        DRILL
    }

    /** See docs/design/takeover.md. */
    public enum State {
        REQUESTED,
        CLONING,
        PREPARING,
        BOOTING,
        RUNNING,
        STOPPED,
        DISCARDING,
        DONE,
        FAILED;

        public boolean isFinal() {
            return this == DONE || this == FAILED;
        }
    }

    /** A state, when it was entered and how long it lasted (zero while it is the current one). */
    public record Transition(State state, Instant enteredAt, Duration lasted, String note) {}

    /** A question asked of the guest's network. */
    public sealed interface Probe {

        int port();

        /** Passes when the port accepts a connection. */
        record Tcp(int port) implements Probe {}

        /** Passes when the answer has a 2xx status and, if given, contains the text. */
        record Http(int port, String path, Optional<String> expect) implements Probe {}
    }

    /**
     * @param passed empty: still asking
     * @param after from the request to the first pass
     * @param bodySha256 of the HTTP answer
     * @param bodyStart its first 2000 characters
     */
    public record ProbeResult(
            Probe probe,
            Optional<Boolean> passed,
            Optional<Duration> after,
            Optional<String> bodySha256,
            Optional<String> bodyStart,
            Optional<String> lastError) {}
}
