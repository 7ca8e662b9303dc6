package org.understudy.privileges.name;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** Why a point is held. It becomes part of a tag of ZFS, behind a prefix that keeps it apart from those of the daemon. */
public record Tag(@JsonValue String value) {

    /** @throws IllegalArgumentException if {@code value} has another form */
    public Tag {
        Form.require(value, "[A-Za-z0-9_.-]{1,117}", "a tag");
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Tag of(String value) {
        return new Tag(value);
    }

    @Override
    public String toString() {
        return value;
    }
}
