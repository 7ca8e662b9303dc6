package org.understudy.iscsi.negotiation;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A node name (RFC 7143 section 4.2.7): {@code iqn.}, {@code eui.} or {@code naa.} form, lower case, at most 223 bytes.
 *
 * @param value the normalised name
 */
public record IscsiName(String value) {

    private static final int MAX_LENGTH = 223;
    private static final Pattern FORM = Pattern.compile(
            "iqn\\.\\d{4}-\\d{2}\\.[a-z0-9][a-z0-9.-]*(:[\\p{Ll}\\p{Lo}\\p{Nd}.:_-]*)?|eui\\.[0-9a-f]{16}|naa\\.([0-9a-f]{16}|[0-9a-f]{32})");

    public IscsiName {
        value = value.toLowerCase(Locale.ROOT);
        if (value.length() > MAX_LENGTH || !FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not an iSCSI name: " + value);
        }
    }

    public static IscsiName of(String name) {
        return new IscsiName(name);
    }

    @Override
    public String toString() {
        return value;
    }
}
