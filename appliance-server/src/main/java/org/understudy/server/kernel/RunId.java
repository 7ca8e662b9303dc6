package org.understudy.server.kernel;

import java.util.UUID;

/** Identifies a backup run. Its text form is a UUID in lower case and is used in the pool's layout. */
public record RunId(UUID value) implements Comparable<RunId> {

    public static RunId random() {
        return new RunId(UUID.randomUUID());
    }

    /** @throws IllegalArgumentException if {@code text} is not a UUID in its canonical form */
    public static RunId parse(String text) {
        UUID uuid = UUID.fromString(text);
        if (!uuid.toString().equals(text)) {
            throw new IllegalArgumentException("not an id: " + text);
        }
        return new RunId(uuid);
    }

    @Override
    public int compareTo(RunId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
