package org.understudy.privileges.name;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** A protected host: a UUID in lower case. */
public record HostId(@JsonValue String value) {

    /** @throws IllegalArgumentException if {@code value} has another form */
    public HostId {
        Form.require(value, "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "a host");
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static HostId of(String value) {
        return new HostId(value);
    }

    @Override
    public String toString() {
        return value;
    }
}
