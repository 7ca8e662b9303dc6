package org.understudy.server.kernel;

import java.util.UUID;

/** Identifies a takeover or drill. Its text form is a UUID in lower case and is used in the pool's layout. */
public record TakeoverId(UUID value) implements Comparable<TakeoverId> {

    public static TakeoverId random() {
        return new TakeoverId(UUID.randomUUID());
    }

    /** @throws IllegalArgumentException if {@code text} is not a UUID in its canonical form */
    public static TakeoverId parse(String text) {
        UUID uuid = UUID.fromString(text);
        if (!uuid.toString().equals(text)) {
            throw new IllegalArgumentException("not an id: " + text);
        }
        return new TakeoverId(uuid);
    }

    @Override
    public int compareTo(TakeoverId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
