package org.understudy.server.recovery.internal;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.RecoveryEvents;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.State;

/**
 * The only place that writes a takeover's state: row and transition in one transaction, then one sentence in the log, the
 * figures, and the event. Thread-safe.
 */
class TakeoverLog {

    private static final Logger log = LoggerFactory.getLogger(TakeoverLog.class);

    private final TakeoverBook book;
    private final ApplicationEventPublisher events;
    private final Clock clock;
    private final RecoveryMetrics metrics;

    TakeoverLog(TakeoverBook book, ApplicationEventPublisher events, Clock clock, RecoveryMetrics metrics) {
        this.book = book;
        this.events = events;
        this.clock = clock;
        this.metrics = metrics;
    }

    /** Now, as precise as the database keeps it. */
    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    /** Writes a new takeover in the state that it is given in. */
    void open(Takeover takeover, String note) {
        TakeoverEdit edit = new TakeoverEdit(takeover);
        edit.enter(takeover.state(), takeover.requestedAt(), note);
        Takeover opened = edit.done();
        book.open(opened);
        tell(opened, "-", note);
    }

    Takeover enter(TakeoverId id, State next, String note) {
        return enter(id, next, note, edit -> {});
    }

    /** @throws IllegalStateException if the table has no such transition */
    Takeover enter(TakeoverId id, State next, String note, Consumer<TakeoverEdit> also) {
        State[] left = new State[1];
        Takeover entered = book.change(id, takeover -> {
            left[0] = takeover.state();
            if (!TakeoverStates.after(left[0]).contains(next)) {
                throw new IllegalStateException("takeover " + id + " cannot go from " + left[0] + " to " + next);
            }
            TakeoverEdit edit = new TakeoverEdit(takeover);
            also.accept(edit);
            edit.enter(next, now(), note);
            return edit.done();
        });
        tell(entered, left[0].name(), note);
        return entered;
    }

    /** Changes anything but the state. */
    Takeover note(TakeoverId id, Consumer<TakeoverEdit> change) {
        return book.change(id, takeover -> {
            TakeoverEdit edit = new TakeoverEdit(takeover);
            change.accept(edit);
            return edit.done();
        });
    }

    void publish(RecoveryEvents event) {
        try {
            events.publishEvent(event);
        } catch (RuntimeException e) {
            log.warn("a listener of {} failed; the takeover goes on", event, e);
        }
    }

    private void tell(Takeover takeover, String left, String note) {
        String mode = takeover.mode().name().toLowerCase(Locale.ROOT);
        log.info(
                "{} {} of host {} from point {}: {} => {}{}",
                mode,
                takeover.id(),
                takeover.host(),
                takeover.point(),
                left,
                takeover.state(),
                note.isEmpty() ? "" : ": " + note);
        takeover.problem()
                .filter(problem -> takeover.state() == State.FAILED || takeover.state() == State.STOPPED)
                .ifPresent(problem -> log.warn("{} {}: {}", mode, takeover.id(), problem.english()));
        metrics.entered(takeover);
        publish(new RecoveryEvents.TakeoverChanged(takeover.id(), takeover.host(), takeover.state()));
    }
}
