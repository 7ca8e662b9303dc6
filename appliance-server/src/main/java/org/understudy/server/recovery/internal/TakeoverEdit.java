package org.understudy.server.recovery.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.ProbeResult;
import org.understudy.server.recovery.Takeover.State;
import org.understudy.server.recovery.Takeover.Transition;

/** A takeover that is being changed. Not thread-safe: lives within one change. */
final class TakeoverEdit {

    private final Takeover base;
    private State state;
    private Optional<Instant> endedAt;
    private Optional<String> address;
    private Optional<Duration> toRunning;
    private Optional<Duration> toAnswer;
    private final List<Transition> transitions;
    private final List<ProbeResult> probes;
    private Optional<Instant> screenshotAt;
    private Optional<Problem> problem;
    private Optional<State> failedIn;
    private boolean kept;

    TakeoverEdit(Takeover base) {
        this.base = base;
        state = base.state();
        endedAt = base.endedAt();
        address = base.address();
        toRunning = base.toRunning();
        toAnswer = base.toAnswer();
        transitions = new ArrayList<>(base.transitions());
        probes = new ArrayList<>(base.probes());
        screenshotAt = base.screenshotAt();
        problem = base.problem();
        failedIn = base.failedIn();
        kept = base.kept();
    }

    /** Only {@link TakeoverLog} calls this. */
    void enter(State next, Instant now, String note) {
        int last = transitions.size() - 1;
        if (last >= 0) {
            Transition left = transitions.get(last);
            transitions.set(
                    last,
                    new Transition(
                            left.state(), left.enteredAt(), Duration.between(left.enteredAt(), now), left.note()));
        }
        transitions.add(new Transition(next, now, Duration.ZERO, note));
        state = next;
        if (next.isFinal()) {
            endedAt = Optional.of(now);
        }
    }

    TakeoverEdit address(String value) {
        address = Optional.of(value);
        return this;
    }

    /** Only the first time counts. */
    TakeoverEdit running(Duration sinceRequest) {
        toRunning = toRunning.isPresent() ? toRunning : Optional.of(sinceRequest);
        problem = Optional.empty();
        failedIn = Optional.empty();
        return this;
    }

    TakeoverEdit answered(Duration sinceRequest) {
        toAnswer = toAnswer.isPresent() ? toAnswer : Optional.of(sinceRequest);
        return this;
    }

    TakeoverEdit probe(int index, ProbeResult result) {
        probes.set(index, result);
        return this;
    }

    TakeoverEdit screenshot(Instant at) {
        screenshotAt = Optional.of(at);
        return this;
    }

    TakeoverEdit problem(Problem value, State in) {
        problem = Optional.of(value);
        failedIn = Optional.of(in);
        return this;
    }

    TakeoverEdit kept(boolean value) {
        kept = value;
        return this;
    }

    Takeover done() {
        return new Takeover(
                base.id(),
                base.host(),
                base.point(),
                base.mode(),
                state,
                base.cpus(),
                base.memoryBytes(),
                base.diskBus(),
                base.nicModel(),
                base.firmware(),
                base.profile(),
                base.requestedAt(),
                endedAt,
                address,
                toRunning,
                toAnswer,
                List.copyOf(transitions),
                List.copyOf(probes),
                screenshotAt,
                problem,
                failedIn,
                kept);
    }
}
