package org.understudy.iscsi.negotiation;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/** The arithmetic of CHAP (RFC 1994, RFC 7143 section 12.1.3): algorithms, challenges, responses and their text forms. */
public final class Chap {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int MAX_BINARY_BYTES = 1024;

    private Chap() {}

    /** Hash algorithms by the number of key CHAP_A. */
    public enum Algorithm {
        MD5(5, "MD5", 16),
        SHA_256(7, "SHA-256", 32);

        private final int number;
        private final String digestName;
        private final int length;

        Algorithm(int number, String digestName, int length) {
            this.number = number;
            this.digestName = digestName;
            this.length = length;
        }

        public int number() {
            return number;
        }

        /** First algorithm of an offered list that is known. */
        public static Optional<Algorithm> choose(String list) {
            for (String number : list.split(",", -1)) {
                for (Algorithm algorithm : values()) {
                    if (number.equals(Integer.toString(algorithm.number))) {
                        return Optional.of(algorithm);
                    }
                }
            }
            return Optional.empty();
        }
    }

    /**
     * A question of one side.
     *
     * @param identifier 0 to 255
     * @param bytes as long as the hash
     */
    public record Challenge(int identifier, byte[] bytes) {

        public static Challenge random(Algorithm algorithm) {
            byte[] bytes = new byte[algorithm.length];
            RANDOM.nextBytes(bytes);
            return new Challenge(RANDOM.nextInt(256), bytes);
        }
    }

    /** Hash over identifier, secret and challenge. */
    public static byte[] response(Algorithm algorithm, Challenge challenge, String secret) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm.digestName);
            digest.update((byte) challenge.identifier());
            digest.update(secret.getBytes(StandardCharsets.UTF_8));
            return digest.digest(challenge.bytes());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm.digestName, e);
        }
    }

    /** Compares in constant time. */
    public static boolean matches(byte[] expected, byte[] given) {
        return MessageDigest.isEqual(expected, given);
    }

    /** Binary value as {@code 0x} hexadecimal. */
    public static String encode(byte[] bytes) {
        return "0x" + HexFormat.of().formatHex(bytes);
    }

    /** Reads {@code 0x} hexadecimal or {@code 0b} base64. */
    public static byte[] decode(String text) throws NegotiationException {
        if (text.length() > 2 * MAX_BINARY_BYTES + 2) {
            throw new NegotiationException("binary value too long");
        }
        String form = text.length() < 2 ? "" : text.substring(0, 2).toLowerCase(Locale.ROOT);
        try {
            String digits = text.substring(form.length());
            return switch (form) {
                case "0x" -> HexFormat.of().parseHex(digits.length() % 2 == 0 ? digits : "0" + digits);
                case "0b" -> Base64.getDecoder().decode(digits);
                default -> throw new NegotiationException("binary value without 0x or 0b");
            };
        } catch (IllegalArgumentException e) {
            throw new NegotiationException("binary value cannot be read");
        }
    }
}
