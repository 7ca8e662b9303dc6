package org.understudy.privileges.name;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Texts as values of properties, in the form in which the store on ZFS reads them. ZFS cannot tell an empty value or {@code -}
 * from a missing one, and its tables end at line ends: so a value starts with {@code =}, and all but printable ASCII is
 * {@code %} and four hexadecimal digits of UTF-16.
 */
public final class StoredText {

    private static final int DIGITS = 4;
    private static final Pattern FORM = Pattern.compile("=([ -$&-~]|%[0-9a-f]{4})*");

    private StoredText() {}

    /** At most five times as long and one more. */
    public static String encode(String text) {
        StringBuilder encoded = new StringBuilder("=");
        for (char c : text.toCharArray()) {
            if (c >= ' ' && c <= '~' && c != '%') {
                encoded.append(c);
            } else {
                encoded.append(String.format("%%%04x", (int) c));
            }
        }
        return encoded.toString();
    }

    /** Empty if {@link #encode} never makes this. */
    public static Optional<String> decode(String encoded) {
        if (!FORM.matcher(encoded).matches()) {
            return Optional.empty();
        }
        StringBuilder text = new StringBuilder();
        int at = 1;
        while (at < encoded.length()) {
            if (encoded.charAt(at) == '%') {
                text.append((char) Integer.parseInt(encoded.substring(at + 1, at + 1 + DIGITS), 16));
                at += 1 + DIGITS;
            } else {
                text.append(encoded.charAt(at));
                at++;
            }
        }
        return Optional.of(text.toString());
    }
}
