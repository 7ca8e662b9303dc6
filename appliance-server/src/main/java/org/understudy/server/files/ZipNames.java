package org.understudy.server.files;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names in a zip: text, without what a program that unpacks could take for something else. A name that cannot be written as it is, or that
 * looks as if it had escapes, is written with escapes; so no two names become one.
 */
final class ZipNames {

    private static final Pattern LOOKS_ESCAPED = Pattern.compile("%[0-9A-Fa-f]{2}");

    private ZipNames() {}

    static String of(FileSystemId fileSystem, FilePath path) {
        return fileSystem + path.names().stream().map(name -> "/" + text(name)).collect(Collectors.joining());
    }

    private static String text(FileName name) {
        String escaped = name.text().replace("\\", "%5C");
        try {
            String plain = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(name.bytes()))
                    .toString();
            boolean onlySigns = escaped.equals(plain.replace("%", "%25"));
            return onlySigns && !LOOKS_ESCAPED.matcher(plain).find() ? plain : escaped;
        } catch (CharacterCodingException e) {
            return escaped;
        }
    }
}
