package org.understudy.server.storage;

/**
 * Names a clone in the pool.
 *
 * @param value 1 to 64 characters of {@code [a-z0-9-]}
 */
public record CloneId(String value) {

    public CloneId {
        if (!value.matches("[a-z0-9][a-z0-9-]{0,63}")) {
            throw new IllegalArgumentException("not a clone name: " + value);
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
