package org.understudy.agent.layout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.understudy.agent.disk.DiskReader;

/** Reads small structures of a disk into memory. Stateless. */
public final class DiskBytes {

    private DiskBytes() {}

    /**
     * The {@code length} bytes from {@code offset}, positioned at 0.
     *
     * @throws IOException if the medium fails or the range reaches past the end
     */
    public static ByteBuffer read(DiskReader disk, long offset, int length, ByteOrder order) throws IOException {
        if (offset < 0 || length < 0 || offset > disk.sizeBytes() - length) {
            throw new IOException("bytes " + offset + "+" + length + " lie outside of the disk of " + disk.sizeBytes());
        }
        ByteBuffer bytes = ByteBuffer.allocate(length).order(order);
        disk.read(offset, bytes);
        return bytes.flip();
    }

    /** Whether the bytes at {@code index} are the ASCII characters of {@code text}; false if the buffer ends before. */
    public static boolean has(ByteBuffer bytes, int index, String text) {
        if (index < 0 || index > bytes.limit() - text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if ((bytes.get(index + i) & 0xff) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Text in a fixed field: up to the first NUL, without surrounding blanks. */
    static String text(ByteBuffer bytes, int index, int length, Charset charset) {
        byte[] field = new byte[length];
        bytes.get(index, field);
        String text = new String(field, charset);
        int end = text.indexOf('\0');
        return (end < 0 ? text : text.substring(0, end)).strip();
    }

    static String utf8(ByteBuffer bytes, int index, int length) {
        return text(bytes, index, length, StandardCharsets.UTF_8);
    }

    /** A UUID in network byte order, as Linux file systems store it. */
    static String uuid(ByteBuffer bytes, int index) {
        StringBuilder text = new StringBuilder(36);
        for (int i = 0; i < 16; i++) {
            if (i == 4 || i == 6 || i == 8 || i == 10) {
                text.append('-');
            }
            text.append(hex(bytes.get(index + i)));
        }
        return text.toString();
    }

    /** A GUID whose first three fields are little-endian, as in GPT (UEFI 2.10, appendix A). */
    static String guid(ByteBuffer bytes, int index) {
        int[] order = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
        StringBuilder text = new StringBuilder(36);
        for (int i = 0; i < 16; i++) {
            if (i == 4 || i == 6 || i == 8 || i == 10) {
                text.append('-');
            }
            text.append(hex(bytes.get(index + order[i])));
        }
        return text.toString();
    }

    static String hex(byte value) {
        return String.valueOf(Character.forDigit(value >> 4 & 15, 16)) + Character.forDigit(value & 15, 16);
    }
}
