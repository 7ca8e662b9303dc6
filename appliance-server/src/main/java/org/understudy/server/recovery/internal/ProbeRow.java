package org.understudy.server.recovery.internal;

import jakarta.persistence.Embeddable;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.server.recovery.Takeover.Probe;
import org.understudy.server.recovery.Takeover.ProbeResult;

/** A row of {@code takeover_probe}; {@code path} is null for TCP. */
@Embeddable
class ProbeRow {

    private int port;
    private @Nullable String path;
    private @Nullable String expect;
    private @Nullable Boolean passed;
    private @Nullable Long afterMicros;
    private @Nullable String bodySha256;
    private @Nullable String bodyStart;
    private @Nullable String lastError;

    protected ProbeRow() {}

    ProbeRow(ProbeResult result) {
        port = result.probe().port();
        if (result.probe() instanceof Probe.Http http) {
            path = http.path();
            expect = http.expect().orElse(null);
        }
        passed = result.passed().orElse(null);
        afterMicros = result.after().map(after -> after.toNanos() / 1000).orElse(null);
        bodySha256 = result.bodySha256().orElse(null);
        bodyStart = result.bodyStart().orElse(null);
        lastError = result.lastError().orElse(null);
    }

    ProbeResult toResult() {
        return new ProbeResult(
                path == null ? new Probe.Tcp(port) : new Probe.Http(port, path, Optional.ofNullable(expect)),
                Optional.ofNullable(passed),
                Optional.ofNullable(afterMicros).map(micros -> Duration.of(micros, ChronoUnit.MICROS)),
                Optional.ofNullable(bodySha256),
                Optional.ofNullable(bodyStart),
                Optional.ofNullable(lastError));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ProbeRow row && toResult().equals(row.toResult());
    }

    @Override
    public int hashCode() {
        return Objects.hash(port, path);
    }
}
