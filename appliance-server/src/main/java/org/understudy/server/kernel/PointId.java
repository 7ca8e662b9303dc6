package org.understudy.server.kernel;

import java.util.UUID;

/** Identifies a recovery point. Its text form is a UUID in lower case and is used in the pool's layout. */
public record PointId(UUID value) implements Comparable<PointId> {

    public static PointId random() {
        return new PointId(UUID.randomUUID());
    }

    /** @throws IllegalArgumentException if {@code text} is not a UUID in its canonical form */
    public static PointId parse(String text) {
        UUID uuid = UUID.fromString(text);
        if (!uuid.toString().equals(text)) {
            throw new IllegalArgumentException("not an id: " + text);
        }
        return new PointId(uuid);
    }

    @Override
    public int compareTo(PointId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
