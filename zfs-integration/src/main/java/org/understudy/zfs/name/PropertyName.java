package org.understudy.zfs.name;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** A property of our own, a "user property": lower case, with a colon that keeps it apart from those of ZFS. */
public record PropertyName(String value) {

    /** {@code ZAP_MAXVALUELEN} without its final NUL. */
    public static final int MAX_VALUE_BYTES = 8191;

    private static final Pattern FORM = Pattern.compile("[a-z0-9][a-z0-9._+-]*:[a-z0-9:._+-]+");

    public PropertyName {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not the name of a user property: '" + value + "'");
        }
        Names.length(value, "the name of a property");
    }

    /** {@code name=value} as the tools take it; refuses values that could not be read back from a line of a table. */
    public String assignment(String text) {
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_VALUE_BYTES) {
            throw new IllegalArgumentException(
                    "the value of " + value + " is longer than " + MAX_VALUE_BYTES + " bytes");
        }
        if (text.isEmpty() || text.equals("-") || text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "the value of " + value + " is empty, '-', or has control characters, which cannot be told apart");
        }
        return value + "=" + text;
    }

    @Override
    public String toString() {
        return value;
    }
}
