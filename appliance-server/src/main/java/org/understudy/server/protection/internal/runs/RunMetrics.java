package org.understudy.server.protection.internal.runs;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;
import org.springframework.stereotype.Component;
import org.understudy.server.protection.BackupRun.State;

/** Metrics of runs; names are listed in docs/design/backup-run.md and stay. Thread-safe. */
@Component
class RunMetrics {

    private final MeterRegistry meters;

    RunMetrics(MeterRegistry meters, LiveRuns live) {
        this.meters = meters;
        Gauge.builder("understudy.runs.active", live, runs -> runs.all().size()).register(meters);
    }

    void left(State state, Duration lasted) {
        meters.timer("understudy.run.state", "state", lower(state.name())).record(lasted);
    }

    void ended(State outcome) {
        meters.counter("understudy.runs", "outcome", lower(outcome.name())).increment();
    }

    void moved(long scanned, long changed, long sent) {
        bytes("scanned", scanned);
        bytes("changed", changed);
        bytes("sent", sent);
    }

    private void bytes(String kind, long count) {
        meters.counter("understudy.run.bytes", "kind", kind).increment(count);
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
