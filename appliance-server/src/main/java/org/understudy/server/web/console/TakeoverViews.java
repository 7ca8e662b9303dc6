package org.understudy.server.web.console;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.recovery.Takeover;
import org.understudy.webui.view.BadgeView;
import org.understudy.webui.view.FactView;
import org.understudy.webui.view.LinkView;
import org.understudy.webui.view.TakeoverRow;
import org.understudy.webui.view.TakeoverView;
import org.understudy.webui.view.Tone;

/** Takeovers and drills for people. */
@Component
class TakeoverViews {

    private final RunViews runs;
    private final RecoveryPoints points;

    TakeoverViews(RunViews runs, RecoveryPoints points) {
        this.runs = runs;
        this.points = points;
    }

    TakeoverRow row(Takeover takeover, Phrases phrases) {
        String point = points.point(takeover.point())
                .map(RecoveryPoint::takenAt)
                .map(taken -> phrases.time(taken).text())
                .orElse(takeover.point().toString());
        return new TakeoverRow(
                takeover.id().toString(),
                runs.hostLink(takeover.host()),
                new LinkView("/points/" + takeover.point(), point),
                new BadgeView(
                        takeover.mode() == Takeover.Mode.TAKEOVER ? Tone.WARN : Tone.PLAIN,
                        phrases.name("takeover.mode", takeover.mode())),
                new BadgeView(tone(takeover), phrases.name("takeover.state", takeover.state())),
                phrases.time(takeover.requestedAt()),
                takeover.toRunning().map(phrases::duration).orElse("–"),
                takeover.toAnswer().map(phrases::duration).orElse("–"),
                takeover.address().orElse(null),
                takeover.kept());
    }

    TakeoverView page(Takeover takeover, Phrases phrases) {
        Takeover.State state = takeover.state();
        boolean machine = state == Takeover.State.RUNNING || state == Takeover.State.BOOTING;
        boolean on = machine || state == Takeover.State.STOPPED;
        return new TakeoverView(
                row(takeover, phrases),
                facts(takeover, phrases),
                takeover.profile(),
                phrases.text("takeover.network." + takeover.mode().name()),
                Steps.of(takeover, phrases),
                takeover.probes().stream()
                        .map(probe -> probe(probe, takeover, phrases))
                        .toList(),
                phrases.problem(takeover.problem()),
                machine || takeover.screenshotAt().isPresent(),
                phrases.time(takeover.screenshotAt()),
                machine,
                machine,
                state == Takeover.State.STOPPED,
                !state.isFinal() && state != Takeover.State.DISCARDING && !takeover.kept(),
                on);
    }

    private static List<FactView> facts(Takeover takeover, Phrases phrases) {
        return List.of(
                phrases.fact(
                        "takeover.requested",
                        phrases.time(takeover.requestedAt()).full()),
                phrases.fact("takeover.address", takeover.address().orElse("–")),
                phrases.fact("takeover.toRunning", duration(takeover.toRunning(), phrases)),
                phrases.fact("takeover.toAnswer", duration(takeover.toAnswer(), phrases)),
                phrases.fact("takeover.cpus", phrases.count(takeover.cpus())),
                phrases.fact("takeover.memory", phrases.size(takeover.memoryBytes())),
                phrases.fact("takeover.firmware", takeover.firmware().name()),
                phrases.fact("takeover.disks", takeover.diskBus().name()),
                phrases.fact("takeover.nic", takeover.nicModel().name()),
                phrases.fact(
                        "takeover.network",
                        phrases.text("takeover.network." + takeover.mode().name())),
                phrases.fact("id", takeover.id().toString()));
    }

    private static String duration(Optional<Duration> duration, Phrases phrases) {
        return duration.map(phrases::duration).orElse("–");
    }

    private static TakeoverView.Probe probe(Takeover.ProbeResult result, Takeover takeover, Phrases phrases) {
        BadgeView outcome;
        if (result.passed().isPresent()) {
            outcome = result.passed().get()
                    ? phrases.badge(Tone.GOOD, "probe.passed")
                    : phrases.badge(Tone.BAD, "probe.failed");
        } else {
            outcome = takeover.state().isFinal()
                    ? phrases.badge(Tone.PLAIN, "probe.ended")
                    : phrases.badge(Tone.BUSY, "probe.asking");
        }
        return new TakeoverView.Probe(
                name(result.probe(), phrases),
                outcome,
                result.after().map(phrases::duration).orElse("–"),
                result.bodyStart().orElse(null),
                result.bodySha256().orElse(null),
                result.passed().orElse(false) ? "" : result.lastError().orElse(""));
    }

    private static String name(Takeover.Probe probe, Phrases phrases) {
        return switch (probe) {
            case Takeover.Probe.Tcp tcp -> phrases.text("probe.tcp", Integer.toString(tcp.port()));
            case Takeover.Probe.Http http ->
                http.expect()
                        .map(expected ->
                                phrases.text("probe.http.expect", Integer.toString(http.port()), http.path(), expected))
                        .orElse(phrases.text("probe.http", Integer.toString(http.port()), http.path()));
        };
    }

    private static Tone tone(Takeover takeover) {
        return switch (takeover.state()) {
            case REQUESTED, CLONING, PREPARING, BOOTING, DISCARDING -> Tone.BUSY;
            case RUNNING -> takeover.toAnswer().isPresent() || takeover.probes().isEmpty() ? Tone.GOOD : Tone.BUSY;
            case STOPPED, DONE -> Tone.PLAIN;
            case FAILED -> Tone.BAD;
        };
    }
}
