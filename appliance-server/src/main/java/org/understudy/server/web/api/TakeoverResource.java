package org.understudy.server.web.api;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.server.recovery.Takeover;

/** A takeover or drill; times in seconds from the request. */
public record TakeoverResource(
        String id,
        String hostId,
        String pointId,
        String mode,
        String state,
        boolean ended,
        int cpus,
        long memoryBytes,
        String diskBus,
        String nicModel,
        String firmware,
        String profile,
        Instant requestedAt,
        @Nullable Instant endedAt,
        @Nullable String address,
        @Nullable Double secondsToRunning,
        @Nullable Double secondsToAnswer,
        List<RunResource.TransitionResource> transitions,
        List<ProbeResultResource> probes,
        @Nullable Instant screenshotAt,
        @Nullable ProblemResource problem,
        @Nullable String failedIn,
        boolean kept) {

    /**
     * A question asked of the guest.
     *
     * @param kind {@code tcp} or {@code http}
     * @param path of an HTTP question, beginning with a slash
     * @param expect text that the answer must contain, or null
     */
    public record ProbeResource(
            String kind,
            int port,
            @Nullable String path,
            @Nullable String expect) {

        static ProbeResource of(Takeover.Probe probe) {
            return switch (probe) {
                case Takeover.Probe.Tcp tcp -> new ProbeResource("tcp", tcp.port(), null, null);
                case Takeover.Probe.Http http ->
                    new ProbeResource(
                            "http", http.port(), http.path(), http.expect().orElse(null));
            };
        }

        Takeover.Probe toProbe() {
            return switch (kind) {
                case "tcp" -> new Takeover.Probe.Tcp(port);
                case "http" -> new Takeover.Probe.Http(port, path == null ? "/" : path, Optional.ofNullable(expect));
                default -> throw new IllegalArgumentException("probe kind '" + kind + "' is neither tcp nor http");
            };
        }
    }

    /** @param passed null while the guest is still being asked */
    public record ProbeResultResource(
            ProbeResource probe,
            @Nullable Boolean passed,
            @Nullable Double seconds,
            @Nullable String bodySha256,
            @Nullable String bodyStart,
            @Nullable String lastError) {

        static ProbeResultResource of(Takeover.ProbeResult result) {
            return new ProbeResultResource(
                    ProbeResource.of(result.probe()),
                    result.passed().orElse(null),
                    TakeoverResource.seconds(result.after()),
                    result.bodySha256().orElse(null),
                    result.bodyStart().orElse(null),
                    result.lastError().orElse(null));
        }
    }

    static TakeoverResource of(Takeover takeover, Locale locale) {
        return new TakeoverResource(
                takeover.id().toString(),
                takeover.host().toString(),
                takeover.point().toString(),
                takeover.mode().name(),
                takeover.state().name(),
                takeover.state().isFinal(),
                takeover.cpus(),
                takeover.memoryBytes(),
                takeover.diskBus().name(),
                takeover.nicModel().name(),
                takeover.firmware().name(),
                takeover.profile(),
                takeover.requestedAt(),
                takeover.endedAt().orElse(null),
                takeover.address().orElse(null),
                seconds(takeover.toRunning()),
                seconds(takeover.toAnswer()),
                takeover.transitions().stream()
                        .map(step -> new RunResource.TransitionResource(
                                step.state().name(), step.enteredAt(), RunResource.seconds(step.lasted()), step.note()))
                        .toList(),
                takeover.probes().stream().map(ProbeResultResource::of).toList(),
                takeover.screenshotAt().orElse(null),
                takeover.problem()
                        .map(problem -> ProblemResource.of(problem, locale))
                        .orElse(null),
                takeover.failedIn().map(Enum::name).orElse(null),
                takeover.kept());
    }

    private static @Nullable Double seconds(Optional<Duration> duration) {
        return duration.map(RunResource::seconds).orElse(null);
    }
}
