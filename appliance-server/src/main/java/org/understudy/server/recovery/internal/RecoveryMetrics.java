package org.understudy.server.recovery.internal;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.State;

/**
 * Figures of takeovers: {@code understudy.takeovers} (now, by mode and state), {@code understudy.takeover.transitions} (ever),
 * {@code understudy.takeover.time.to.running} and {@code ….to.answer}. Thread-safe.
 */
class RecoveryMetrics {

    private record Standing(Mode mode, State state) {}

    private final MeterRegistry registry;
    private final Map<TakeoverId, Standing> unfinished = new ConcurrentHashMap<>();
    private final Map<Mode, Timer> toRunning = new EnumMap<>(Mode.class);
    private final Map<Mode, Timer> toAnswer = new EnumMap<>(Mode.class);

    RecoveryMetrics(MeterRegistry registry) {
        this.registry = registry;
        for (Mode mode : Mode.values()) {
            for (State state : State.values()) {
                if (!state.isFinal()) {
                    Standing standing = new Standing(mode, state);
                    Supplier<Number> count = () -> unfinished.values().stream()
                            .filter(standing::equals)
                            .count();
                    Gauge.builder("understudy.takeovers", count)
                            .description("takeovers that have not ended")
                            .tag("mode", mode.name())
                            .tag("state", state.name())
                            .register(registry);
                }
            }
            toRunning.put(mode, timer("understudy.takeover.time.to.running", "request to machine running", mode));
            toAnswer.put(mode, timer("understudy.takeover.time.to.answer", "request to all probes passed", mode));
        }
    }

    private Timer timer(String name, String description, Mode mode) {
        return Timer.builder(name)
                .description(description)
                .tag("mode", mode.name())
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(100))
                .maximumExpectedValue(Duration.ofMinutes(10))
                .register(registry);
    }

    void entered(Takeover takeover) {
        present(takeover);
        registry.counter(
                        "understudy.takeover.transitions",
                        "mode",
                        takeover.mode().name(),
                        "state",
                        takeover.state().name())
                .increment();
    }

    /** Counts a takeover that is there after a restart. */
    void present(Takeover takeover) {
        if (takeover.state().isFinal()) {
            unfinished.remove(takeover.id());
        } else {
            unfinished.put(takeover.id(), new Standing(takeover.mode(), takeover.state()));
        }
    }

    void ran(Mode mode, Duration sinceRequest) {
        timerOf(toRunning, mode).record(sinceRequest);
    }

    void answered(Mode mode, Duration sinceRequest) {
        timerOf(toAnswer, mode).record(sinceRequest);
    }

    private static Timer timerOf(Map<Mode, Timer> timers, Mode mode) {
        Timer timer = timers.get(mode);
        if (timer == null) {
            throw new IllegalStateException("no timer for " + mode);
        }
        return timer;
    }
}
