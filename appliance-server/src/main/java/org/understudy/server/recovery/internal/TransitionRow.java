package org.understudy.server.recovery.internal;

import jakarta.persistence.Embeddable;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.understudy.server.recovery.Takeover.State;
import org.understudy.server.recovery.Takeover.Transition;

/** A row of {@code takeover_transition}. */
@Embeddable
class TransitionRow {

    @Enumerated(EnumType.STRING)
    private State state;

    private Instant enteredAt;
    private long lastedMicros;
    private String note;

    @SuppressWarnings("NullAway.Init") // filled by JPA
    protected TransitionRow() {}

    TransitionRow(Transition transition) {
        state = transition.state();
        enteredAt = transition.enteredAt();
        lastedMicros = transition.lasted().toNanos() / 1000;
        note = transition.note();
    }

    Transition toTransition() {
        return new Transition(state, enteredAt, Duration.of(lastedMicros, ChronoUnit.MICROS), note);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TransitionRow row && toTransition().equals(row.toTransition());
    }

    @Override
    public int hashCode() {
        return Objects.hash(state, enteredAt);
    }
}
