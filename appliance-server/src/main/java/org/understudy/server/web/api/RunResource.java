package org.understudy.server.web.api;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.RunProgress;

/** A backup run; sizes in bytes, durations in seconds. */
public record RunResource(
        String id,
        String hostId,
        String trigger,
        String state,
        boolean ended,
        boolean first,
        int attempt,
        Instant requestedAt,
        @Nullable Instant endedAt,
        List<TransitionResource> transitions,
        long diskBytes,
        long usedBytes,
        long scannedBytes,
        long changedBytes,
        long sentBytes,
        @Nullable String pointId,
        @Nullable ProblemResource problem,
        @Nullable String failedIn,
        @Nullable ProgressResource progress) {

    /** A state and how long it lasted. */
    public record TransitionResource(String state, Instant enteredAt, double seconds, String note) {}

    /** How far a transfer is. */
    public record ProgressResource(
            int pass,
            long doneBytes,
            long totalBytes,
            long sentBytes,
            long bytesPerSecond,
            @Nullable Double secondsLeft) {

        static ProgressResource of(RunProgress progress) {
            return new ProgressResource(
                    progress.pass(),
                    progress.doneBytes(),
                    progress.totalBytes(),
                    progress.sentBytes(),
                    progress.bytesPerSecond(),
                    progress.timeLeft().map(RunResource::seconds).orElse(null));
        }
    }

    static RunResource of(BackupRun run, Locale locale) {
        return new RunResource(
                run.id().toString(),
                run.host().toString(),
                run.trigger().name(),
                run.state().name(),
                run.state().isFinal(),
                run.first(),
                run.attempt(),
                run.requestedAt(),
                run.endedAt().orElse(null),
                run.transitions().stream()
                        .map(step -> new TransitionResource(
                                step.state().name(), step.enteredAt(), seconds(step.lasted()), step.note()))
                        .toList(),
                run.volumes().diskBytes(),
                run.volumes().usedBytes(),
                run.volumes().scannedBytes(),
                run.volumes().changedBytes(),
                run.volumes().sentBytes(),
                run.point().map(Object::toString).orElse(null),
                run.problem()
                        .map(problem -> ProblemResource.of(problem, locale))
                        .orElse(null),
                run.failedIn().map(Enum::name).orElse(null),
                run.progress().map(ProgressResource::of).orElse(null));
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
