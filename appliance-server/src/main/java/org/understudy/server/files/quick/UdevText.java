package org.understudy.server.files.quick;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.understudy.server.files.FileName;

/** Values as udev writes them: every doubtful byte is {@code \x} with two hexadecimal digits (libblkid, {@code blkid_encode_string}). */
final class UdevText {

    private UdevText() {}

    /** The value for people, in the text form of names. */
    static String decode(String encoded) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int at = 0;
        while (at < encoded.length()) {
            boolean escape = encoded.startsWith("\\x", at)
                    && at + 4 <= encoded.length()
                    && HexFormat.isHexDigit(encoded.charAt(at + 2))
                    && HexFormat.isHexDigit(encoded.charAt(at + 3));
            if (escape) {
                bytes.write(HexFormat.fromHexDigits(encoded, at + 2, at + 4));
                at += 4;
            } else {
                int point = encoded.codePointAt(at);
                bytes.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
                at += Character.charCount(point);
            }
        }
        return FileName.escape(bytes.toByteArray());
    }
}
