package org.understudy.privileges.storage;

import java.time.Instant;
import java.util.Optional;

/** Until when nobody destroys a point. */
sealed interface Lock {

    record None() implements Lock {}

    /** The end itself is not locked any more. */
    record Until(Instant time) implements Lock {}

    /** There is a date that cannot be read: locked until root on the box writes one that can. */
    record Unreadable(String text) implements Lock {}

    /** Reads the property's value: whole seconds since 1970. */
    static Lock parse(String text) {
        return text.matches("[0-9]{1,12}")
                ? new Until(Instant.ofEpochSecond(Long.parseLong(text)))
                : new Unreadable(text);
    }

    /** The stricter of the two. */
    default Lock or(Lock other) {
        if (this instanceof Unreadable || other instanceof None) {
            return this;
        }
        if (other instanceof Unreadable || this instanceof None) {
            return other;
        }
        return end().orElse(Instant.MIN).isBefore(other.end().orElse(Instant.MIN)) ? other : this;
    }

    default Optional<Instant> end() {
        return this instanceof Until until ? Optional.of(until.time()) : Optional.empty();
    }

    default boolean lockedAt(Instant now) {
        return this instanceof Unreadable || (this instanceof Until until && now.isBefore(until.time()));
    }
}
