package org.understudy.privileges.name;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** A recovery point: a UUID in lower case. */
public record PointId(@JsonValue String value) {

    /** @throws IllegalArgumentException if {@code value} has another form */
    public PointId {
        Form.require(value, "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "a recovery point");
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static PointId of(String value) {
        return new PointId(value);
    }

    @Override
    public String toString() {
        return value;
    }
}
