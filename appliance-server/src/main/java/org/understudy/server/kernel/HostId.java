package org.understudy.server.kernel;

import java.util.UUID;

/** Identifies a protected host. Its text form is a UUID in lower case and is used in the pool's layout. */
public record HostId(UUID value) implements Comparable<HostId> {

    public static HostId random() {
        return new HostId(UUID.randomUUID());
    }

    /** @throws IllegalArgumentException if {@code text} is not a UUID in its canonical form */
    public static HostId parse(String text) {
        UUID uuid = UUID.fromString(text);
        if (!uuid.toString().equals(text)) {
            throw new IllegalArgumentException("not an id: " + text);
        }
        return new HostId(uuid);
    }

    @Override
    public int compareTo(HostId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
