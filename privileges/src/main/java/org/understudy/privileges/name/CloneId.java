package org.understudy.privileges.name;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** A clone of a point: 1 to 64 characters of {@code [a-z0-9-]}, not starting with a dash. */
public record CloneId(@JsonValue String value) {

    /** @throws IllegalArgumentException if {@code value} has another form */
    public CloneId {
        Form.require(value, "[a-z0-9][a-z0-9-]{0,63}", "a clone");
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static CloneId of(String value) {
        return new CloneId(value);
    }

    @Override
    public String toString() {
        return value;
    }
}
