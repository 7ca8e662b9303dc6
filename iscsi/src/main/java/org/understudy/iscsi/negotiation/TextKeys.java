package org.understudy.iscsi.negotiation;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The text of login and text PDUs: {@code key=value} pairs, each ended by a zero byte (RFC 7143 section 6.1), in order. */
public final class TextKeys {

    /** Most bytes that are collected from continued PDUs. */
    public static final int MAX_TEXT_BYTES = 32 << 10;

    private static final int MAX_PAIRS = 128;
    private static final int MAX_KEY_LENGTH = 63;

    private final Map<String, String> pairs = new LinkedHashMap<>();

    /** Reads a complete text. */
    public static TextKeys parse(byte[] text) throws NegotiationException {
        TextKeys keys = new TextKeys();
        int start = 0;
        while (start < text.length) {
            int end = start;
            while (end < text.length && text[end] != 0) {
                end++;
            }
            if (end > start) {
                keys.addPair(new String(text, start, end - start, StandardCharsets.UTF_8));
            }
            start = end + 1;
        }
        return keys;
    }

    private void addPair(String pair) throws NegotiationException {
        int equals = pair.indexOf('=');
        if (equals < 1 || equals > MAX_KEY_LENGTH) {
            throw new NegotiationException("text without a key");
        }
        if (pairs.size() == MAX_PAIRS) {
            throw new NegotiationException("too many keys");
        }
        if (pairs.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
            throw new NegotiationException("key given twice: " + pair.substring(0, equals));
        }
    }

    public TextKeys put(String key, String value) {
        pairs.put(key, value);
        return this;
    }

    public TextKeys put(String key, long value) {
        return put(key, Long.toString(value));
    }

    public @Nullable String get(String key) {
        return pairs.get(key);
    }

    public Optional<String> find(String key) {
        return Optional.ofNullable(pairs.get(key));
    }

    /** Takes a key out, so that what is left can be recognised as not understood. */
    public Optional<String> take(String key) {
        return Optional.ofNullable(pairs.remove(key));
    }

    public boolean isEmpty() {
        return pairs.isEmpty();
    }

    public Map<String, String> asMap() {
        return pairs;
    }

    public byte[] encode() {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        pairs.forEach((key, value) -> {
            text.writeBytes((key + "=" + value).getBytes(StandardCharsets.UTF_8));
            text.write(0);
        });
        return text.toByteArray();
    }

    /** A number of RFC 7143 section 6.1: decimal or {@code 0x} hexadecimal, inside a range. */
    public static long number(String value, long lowest, long highest) throws NegotiationException {
        try {
            boolean hex = value.startsWith("0x") || value.startsWith("0X");
            long number = hex ? Long.parseLong(value.substring(2), 16) : Long.parseLong(value);
            if (number >= lowest && number <= highest) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new NegotiationException("not a number: " + value);
        }
        throw new NegotiationException("number out of range: " + value);
    }

    /** A Yes or No. */
    public static boolean bool(String value) throws NegotiationException {
        return switch (value) {
            case "Yes" -> true;
            case "No" -> false;
            default -> throw new NegotiationException("neither Yes nor No: " + value);
        };
    }

    static String bool(boolean value) {
        return value ? "Yes" : "No";
    }
}
