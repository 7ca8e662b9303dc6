package org.understudy.server.kernel;

import java.util.UUID;

/** Identifies a protection policy. Its text form is a UUID in lower case and is used in the pool's layout. */
public record PolicyId(UUID value) implements Comparable<PolicyId> {

    public static PolicyId random() {
        return new PolicyId(UUID.randomUUID());
    }

    /** @throws IllegalArgumentException if {@code text} is not a UUID in its canonical form */
    public static PolicyId parse(String text) {
        UUID uuid = UUID.fromString(text);
        if (!uuid.toString().equals(text)) {
            throw new IllegalArgumentException("not an id: " + text);
        }
        return new PolicyId(uuid);
    }

    @Override
    public int compareTo(PolicyId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
