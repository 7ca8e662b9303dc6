package org.understudy.server.web.console;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.protection.RunProgress;
import org.understudy.webui.view.FactView;
import org.understudy.webui.view.FigureView;
import org.understudy.webui.view.LinkView;
import org.understudy.webui.view.ProgressView;
import org.understudy.webui.view.RunRow;
import org.understudy.webui.view.RunView;
import org.understudy.webui.view.TickView;
import org.understudy.webui.view.Tone;

/** Backup runs for people. */
@Component
class RunViews {

    private final Fleet fleet;
    private final RecoveryPoints points;

    RunViews(Fleet fleet, RecoveryPoints points) {
        this.fleet = fleet;
        this.points = points;
    }

    LinkView hostLink(HostId host) {
        String name = fleet.host(host).map(ProtectedHost::name).orElse(host.toString());
        return new LinkView("/hosts/" + host, name);
    }

    RunRow row(BackupRun run, Phrases phrases) {
        boolean transferring = run.state() == BackupRun.State.TRANSFERRING;
        return new RunRow(
                run.id().toString(),
                hostLink(run.host()),
                new org.understudy.webui.view.BadgeView(tone(run.state()), phrases.name("run.state", run.state())),
                phrases.name("run.trigger", run.trigger()),
                phrases.time(run.requestedAt()),
                phrases.duration(
                        Duration.between(run.requestedAt(), run.endedAt().orElse(phrases.now()))),
                run.state() == BackupRun.State.DONE ? phrases.size(run.volumes().changedBytes()) : "–",
                run.state() == BackupRun.State.DONE ? phrases.size(run.volumes().sentBytes()) : "–",
                transferring ? progress(run.progress(), phrases) : null,
                run.problem()
                        .map(problem -> problem.summary(phrases.locale()))
                        .orElse(run.first() ? phrases.text("run.first") : ""));
    }

    RunView page(BackupRun run, Phrases phrases) {
        BackupRun.Volumes volumes = run.volumes();
        return new RunView(
                row(run, phrases),
                facts(run, phrases),
                List.of(
                        bytes("run.bytes.disk", volumes.diskBytes(), phrases),
                        bytes("run.bytes.used", volumes.usedBytes(), phrases),
                        bytes("run.bytes.scanned", volumes.scannedBytes(), phrases),
                        bytes("run.bytes.changed", volumes.changedBytes(), phrases),
                        bytes("run.bytes.sent", volumes.sentBytes(), phrases)),
                Steps.of(run, phrases),
                phrases.problem(run.problem()),
                run.point()
                        .map(id -> new LinkView(
                                "/points/" + id,
                                points.point(id)
                                        .map(RecoveryPoint::takenAt)
                                        .map(taken -> phrases.time(taken).text())
                                        .orElse(id.toString())))
                        .orElse(null),
                !run.state().isFinal());
    }

    TickView tick(BackupRun run, Phrases phrases) {
        return new TickView(
                tone(run.state()),
                phrases.time(run.requestedAt()).text() + " · " + phrases.name("run.state", run.state()),
                "/runs/" + run.id());
    }

    static @Nullable ProgressView progress(Optional<RunProgress> progress, Phrases phrases) {
        return progress.map(known -> progress(known, phrases)).orElse(null);
    }

    static ProgressView progress(RunProgress progress, Phrases phrases) {
        long total = Math.max(progress.totalBytes(), 1);
        return new ProgressView(
                Math.clamp(1000 * progress.doneBytes() / total, 0, 1000),
                phrases.text(
                        "progress.of",
                        phrases.size(progress.doneBytes()),
                        phrases.size(progress.totalBytes()),
                        phrases.percent(progress.doneBytes(), progress.totalBytes())),
                progress.bytesPerSecond() <= 0 ? "" : phrases.rate(progress.bytesPerSecond()),
                progress.timeLeft()
                        .map(left -> phrases.text("progress.left", phrases.duration(left)))
                        .orElse(""));
    }

    private static List<FactView> facts(BackupRun run, Phrases phrases) {
        java.util.ArrayList<FactView> facts = new java.util.ArrayList<>();
        facts.add(phrases.fact("run.requested", phrases.time(run.requestedAt()).full()));
        run.endedAt()
                .ifPresent(end ->
                        facts.add(phrases.fact("run.ended", phrases.time(end).full())));
        facts.add(phrases.fact("run.trigger", phrases.name("run.trigger", run.trigger())));
        facts.add(phrases.fact("run.kind", phrases.text(run.first() ? "run.first" : "run.incremental")));
        facts.add(phrases.fact("run.attempt", phrases.count(run.attempt())));
        run.progress()
                .filter(known -> !run.state().isFinal())
                .ifPresent(known -> facts.add(phrases.fact("run.pass", phrases.count(known.pass()))));
        facts.add(phrases.fact("id", run.id().toString()));
        return facts;
    }

    private static FigureView bytes(String key, long bytes, Phrases phrases) {
        return new FigureView(
                phrases.text(key),
                phrases.size(bytes),
                phrases.text("bytes.exact", phrases.count(bytes)),
                Tone.PLAIN,
                "");
    }

    static Tone tone(BackupRun.State state) {
        return switch (state) {
            case DONE -> Tone.GOOD;
            case FAILED -> Tone.BAD;
            case CANCELLED -> Tone.PLAIN;
            case REQUESTED,
                    DESCRIBING,
                    PREPARING,
                    OPENING_VIEW,
                    EXPORTING,
                    TRANSFERRING,
                    RELEASING,
                    SNAPSHOTTING,
                    COMMITTING,
                    CATALOGUING -> Tone.BUSY;
        };
    }
}
