package org.understudy.server.storage.zfs;

/**
 * Text in the letters that ZFS and its tools keep as they are, in every locale: each other UTF-16 unit becomes the escape sign
 * and four hexadecimal digits.
 */
enum Escaped {
    /** Values of user properties: printable ASCII after a {@code =}, so that none is empty or {@code -}. */
    VALUE("=", '%') {
        @Override
        boolean plain(char c) {
            return c >= ' ' && c <= '~' && c != '%';
        }
    },
    /** Tags of holds: letters, digits and {@code . -} after {@code understudy:}. */
    TAG("understudy:", '_') {
        @Override
        boolean plain(char c) {
            return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-';
        }
    };

    private static final int DIGITS = 4;

    private final String prefix;
    private final char sign;

    Escaped(String prefix, char sign) {
        this.prefix = prefix;
        this.sign = sign;
    }

    abstract boolean plain(char c);

    String encode(String text) {
        StringBuilder encoded = new StringBuilder(prefix);
        for (char c : text.toCharArray()) {
            if (plain(c)) {
                encoded.append(c);
            } else {
                encoded.append(sign).append(String.format("%0" + DIGITS + "x", (int) c));
            }
        }
        return encoded.toString();
    }

    boolean isEncoded(String text) {
        return text.startsWith(prefix);
    }

    /** @throws IllegalArgumentException if {@link #encode} never makes this */
    String decode(String encoded) {
        if (!isEncoded(encoded)) {
            throw new IllegalArgumentException("not written by Understudy: " + encoded);
        }
        StringBuilder text = new StringBuilder();
        int at = prefix.length();
        while (at < encoded.length()) {
            char c = encoded.charAt(at);
            if (c == sign) {
                String digits = encoded.substring(at + 1, Math.min(at + 1 + DIGITS, encoded.length()));
                if (!digits.matches("[0-9a-f]{" + DIGITS + "}")) {
                    throw new IllegalArgumentException("damaged at " + at + ": " + encoded);
                }
                text.append((char) Integer.parseInt(digits, 16));
                at += 1 + DIGITS;
            } else if (plain(c)) {
                text.append(c);
                at++;
            } else {
                throw new IllegalArgumentException("damaged at " + at + ": " + encoded);
            }
        }
        return text.toString();
    }
}
