package org.understudy.server.web.console;

import org.springframework.stereotype.Component;
import org.understudy.server.alerts.EventLog;
import org.understudy.server.alerts.LoggedEvent;
import org.understudy.server.alerts.Severity;
import org.understudy.webui.view.BadgeView;
import org.understudy.webui.view.EventView;
import org.understudy.webui.view.Tone;

/** Logged events for people. */
@Component
class EventViews {

    private final EventLog log;
    private final RunViews runs;

    EventViews(EventLog log, RunViews runs) {
        this.log = log;
        this.runs = runs;
    }

    EventView view(LoggedEvent event, Phrases phrases) {
        return new EventView(
                event.id(),
                phrases.time(event.at()),
                new BadgeView(tone(event.severity()), phrases.name("severity", event.severity())),
                log.text(event, phrases.locale()),
                event.host().map(runs::hostLink).orElse(null),
                phrases.problem(event.problem()),
                !event.acknowledged() && event.severity().compareTo(Severity.WARNING) >= 0);
    }

    private static Tone tone(Severity severity) {
        return switch (severity) {
            case INFO, NOTICE -> Tone.PLAIN;
            case WARNING -> Tone.WARN;
            case ALARM -> Tone.BAD;
        };
    }
}
