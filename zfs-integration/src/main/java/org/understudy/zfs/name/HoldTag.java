package org.understudy.zfs.name;

import java.util.regex.Pattern;

/** Names one reason why a snapshot is held. Never starts with {@code -}, which the tool would take as an option. */
public record HoldTag(String value) {

    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}");

    public HoldTag {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not the tag of a hold: '" + value + "'");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
