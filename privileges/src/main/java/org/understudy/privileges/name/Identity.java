package org.understudy.privileges.name;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import org.understudy.zfs.name.Guid;

/** The guid of a dataset or snapshot as an unsigned decimal number: what is meant, whatever has its name now. */
public record Identity(@JsonValue String value) {

    /** @throws IllegalArgumentException if {@code value} has another form */
    public Identity {
        Form.require(value, "[0-9]{1,20}", "an identity");
        Guid.parse(value);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Identity of(String value) {
        return new Identity(value);
    }

    public static Identity of(Guid guid) {
        return new Identity(guid.toString());
    }

    public Guid guid() {
        return Guid.parse(value);
    }

    @Override
    public String toString() {
        return value;
    }
}
