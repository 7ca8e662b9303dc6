package org.understudy.server.files;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * One name in a folder: 1 to 255 bytes without {@code /} and NUL, neither {@code .} nor {@code ..}. Its text form shows what is UTF-8 as it
 * is, and every other byte, every control character and {@code %} as {@code %} with two hexadecimal digits. Ordered by unsigned bytes.
 */
public final class FileName implements Comparable<FileName> {

    /** Limit of Linux ({@code NAME_MAX}) and of every file system that is read. */
    public static final int MOST_BYTES = 255;

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final byte[] bytes;

    private FileName(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @throws ProblemException {@code INVALID_REQUEST} if no file can have this name */
    public static FileName of(byte[] bytes) {
        if (bytes.length == 0) {
            throw refused("a name is empty");
        }
        if (bytes.length > MOST_BYTES) {
            throw refused("a name has more than " + MOST_BYTES + " bytes");
        }
        if (Arrays.equals(bytes, new byte[] {'.'}) || Arrays.equals(bytes, new byte[] {'.', '.'})) {
            throw refused("\".\" and \"..\" are no names of files");
        }
        for (byte value : bytes) {
            if (value == 0 || value == '/') {
                throw refused("a name holds " + (value == 0 ? "a NUL byte" : "a slash"));
            }
        }
        return new FileName(bytes.clone());
    }

    /** @throws ProblemException {@code INVALID_REQUEST} if the text is not a name in its text form */
    public static FileName parse(String text) {
        return of(unescape(text));
    }

    /**
     * The bytes that {@link #escape} made a text of.
     *
     * @throws ProblemException {@code INVALID_REQUEST} if it did not
     */
    public static byte[] unescape(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int at = 0;
        while (at < text.length()) {
            int escape = text.indexOf('%', at);
            int end = escape < 0 ? text.length() : escape;
            if (end > at) {
                bytes.writeBytes(utf8(text.substring(at, end)));
            }
            at = end;
            if (escape >= 0) {
                bytes.write(escaped(text, escape));
                at = escape + 3;
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] utf8(String part) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(part));
            return Arrays.copyOf(encoded.array(), encoded.limit());
        } catch (CharacterCodingException e) {
            throw refused("a name holds half of a character");
        }
    }

    private static int escaped(String text, int at) {
        if (at + 3 > text.length()
                || !HexFormat.isHexDigit(text.charAt(at + 1))
                || !HexFormat.isHexDigit(text.charAt(at + 2))) {
            throw refused("\"%\" is not followed by two hexadecimal digits; write \"%25\" for the sign itself");
        }
        return HexFormat.fromHexDigits(text, at + 1, at + 3);
    }

    /** A copy. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The text form: one for each name, and {@link #parse} gives the name back. */
    public String text() {
        return escape(bytes);
    }

    /**
     * Bytes that are not a name, such as the target of a link, in the text form of names.
     *
     * @param bytes any bytes
     */
    public static String escape(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        StringBuilder text = new StringBuilder(bytes.length);
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            append(text, out.flip());
            out.clear();
            if (!result.isError()) {
                return text.toString();
            }
            for (int i = 0; i < result.length(); i++) {
                HEX.toHexDigits(text.append('%'), in.get());
            }
            decoder.reset();
        }
    }

    private static void append(StringBuilder text, CharBuffer decoded) {
        decoded.codePoints().forEach(point -> {
            if (needsEscape(point)) {
                for (byte value : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
                    HEX.toHexDigits(text.append('%'), value);
                }
            } else {
                text.appendCodePoint(point);
            }
        });
    }

    private static boolean needsEscape(int point) {
        return point == '%'
                || Character.isISOControl(point)
                || point == 0x2028
                || point == 0x2029
                || (point >= 0x202a && point <= 0x202e)
                || (point >= 0x2066 && point <= 0x2069);
    }

    static ProblemException refused(String reason) {
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", "the path is not one of a file: " + reason)
                .asException();
    }

    @Override
    public int compareTo(FileName other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FileName name && Arrays.equals(bytes, name.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return text();
    }
}
