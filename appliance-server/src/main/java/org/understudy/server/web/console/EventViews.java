package org.understudy.server.web.console;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.springframework.stereotype.Component;
import org.understudy.server.alerts.EventLog;
import org.understudy.server.alerts.LoggedEvent;
import org.understudy.server.alerts.Severity;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.webui.view.BadgeView;
import org.understudy.webui.view.EventView;
import org.understudy.webui.view.Tone;

/** Logged events for people. */
@Component
class EventViews {

    private final EventLog log;
    private final RunViews runs;
    private final RecoveryPoints points;

    EventViews(EventLog log, RunViews runs, RecoveryPoints points) {
        this.log = log;
        this.points = points;
        this.runs = runs;
    }

    EventView view(LoggedEvent event, Phrases phrases) {
        return new EventView(
                event.id(),
                phrases.time(event.at()),
                new BadgeView(tone(event.severity()), phrases.name("severity", event.severity())),
                log.text(readable(event, phrases), phrases.locale()),
                event.host().map(runs::hostLink).orElse(null),
                phrases.problem(event.problem()),
                !event.acknowledged() && event.severity().compareTo(Severity.WARNING) >= 0);
    }

    /** The same event with times, points and states as people know them, where the value is one. */
    private LoggedEvent readable(LoggedEvent event, Phrases phrases) {
        Map<String, String> values = new HashMap<>(event.values());
        values.computeIfPresent("newest", (name, text) -> instant(text, phrases));
        values.computeIfPresent("point", (name, text) -> point(text, phrases));
        values.computeIfPresent("mode", (name, text) -> phrases.textOr("takeover.mode." + text, text));
        String states = event.kind().startsWith("takeover.") ? "takeover.state." : "run.state.";
        values.computeIfPresent("state", (name, text) -> phrases.textOr(states + text, text));
        return new LoggedEvent(
                event.id(),
                event.at(),
                event.severity(),
                event.kind(),
                event.host(),
                values,
                event.problem(),
                event.acknowledged());
    }

    private static String instant(String text, Phrases phrases) {
        try {
            return phrases.time(Instant.parse(text)).text();
        } catch (DateTimeException e) {
            return text;
        }
    }

    private String point(String text, Phrases phrases) {
        try {
            return points.point(PointId.parse(text))
                    .map(RecoveryPoint::takenAt)
                    .map(taken -> phrases.time(taken).text())
                    .orElse(text);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    private static Tone tone(Severity severity) {
        return switch (severity) {
            case INFO, NOTICE -> Tone.PLAIN;
            case WARNING -> Tone.WARN;
            case ALARM -> Tone.BAD;
        };
    }
}
