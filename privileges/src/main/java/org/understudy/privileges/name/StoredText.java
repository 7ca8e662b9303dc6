package org.understudy.privileges.name;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Texts as values of properties. ZFS cannot tell an empty value or {@code -} from a missing one, and its tables end at line ends:
 * so a value starts with {@code =}, and all but plain characters are percent-encoded.
 */
public final class StoredText {

    private static final String PLAIN = "-_.~:, ";

    private StoredText() {}

    public static String encode(String text) {
        StringBuilder encoded = new StringBuilder("=");
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || PLAIN.indexOf(c) >= 0)) {
                encoded.append(c);
            } else {
                encoded.append(String.format("%%%02X", (int) c));
            }
        }
        return encoded.toString();
    }

    /** Empty if it was not written by {@link #encode}. */
    public static Optional<String> decode(String encoded) {
        if (!encoded.matches("=([A-Za-z0-9_.~:, -]|%[0-9A-F]{2})*")) {
            return Optional.empty();
        }
        byte[] bytes = new byte[encoded.length()];
        int length = 0;
        for (int i = 1; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c == '%') {
                bytes[length++] = (byte) Integer.parseInt(encoded.substring(i + 1, i + 3), 16);
                i += 2;
            } else {
                bytes[length++] = (byte) c;
            }
        }
        return Optional.of(new String(bytes, 0, length, StandardCharsets.UTF_8));
    }
}
