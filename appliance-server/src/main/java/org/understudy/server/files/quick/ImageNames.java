package org.understudy.server.files.quick;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.HexFormat;
import org.understudy.server.files.FileName;

/**
 * Turns names into paths of Java and back without loss. A {@code Path} on Unix holds bytes, but its text is in the encoding of the
 * server's locale; its URI has every byte. Stateless.
 */
final class ImageNames {

    /** Below a device there is nothing: making a URI asks whether the path is a folder, which must not follow a link of an image. */
    private static final Path NOWHERE = Path.of("/dev/null");

    private static final String PREFIX = "file:///dev/null/";

    private ImageNames() {}

    /** A relative path of one name. */
    static Path path(FileName name) {
        StringBuilder uri = new StringBuilder(PREFIX);
        for (byte value : name.bytes()) {
            HexFormat.of().withUpperCase().toHexDigits(uri.append('%'), value);
        }
        return Path.of(URI.create(uri.toString())).getFileName();
    }

    /** The last name of a path that the system gave. */
    static FileName name(Path path) {
        return FileName.of(bytes(path.getFileName()));
    }

    /** What a link says, in the text form of names; it may be absolute and hold slashes. */
    static String target(Path target) {
        byte[] below = bytes(target);
        return (target.isAbsolute() ? "/" : "") + FileName.escape(below);
    }

    /** Bytes of a path without the leading slash of an absolute one. */
    private static byte[] bytes(Path path) {
        Path relative = path.isAbsolute() ? path.getRoot().relativize(path) : path;
        String uri = NOWHERE.resolve(relative).toUri().getRawPath();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int at = "/dev/null/".length();
        while (at < uri.length()) {
            char letter = uri.charAt(at);
            if (letter == '%') {
                bytes.write(HexFormat.fromHexDigits(uri, at + 1, at + 3));
                at += 3;
            } else {
                bytes.write(letter);
                at++;
            }
        }
        return bytes.toByteArray();
    }
}
