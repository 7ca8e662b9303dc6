package org.understudy.agent.boot;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The release of a kernel image, from the text that the setup header of an x86 image points to
 * ({@code Documentation/arch/x86/boot.rst}, {@code kernel_version}). Stateless.
 */
final class KernelFile {

    /** The header, and the farthest place that its 16-bit pointer can name. */
    private static final int MAX_BYTES = 0x200 + 0xffff + 256;

    private static final Pattern RELEASE = Pattern.compile("[A-Za-z0-9._+~-]{1,128}");
    private static final Pattern NAMED = Pattern.compile("(?:vmlinuz|vmlinux|kernel|linux|bzImage)-(.+)");

    private KernelFile() {}

    /** The release in the image, or else in the file's name. */
    static Optional<String> release(RootTree tree, String path) {
        try (InputStream in = tree.open(path).orElse(null)) {
            if (in != null) {
                Optional<String> inside = inside(in.readNBytes(MAX_BYTES));
                if (inside.isPresent()) {
                    return inside;
                }
            }
        } catch (IOException e) {
            // The name tells it as well; a kernel that cannot be read is found by the backup itself.
            return named(path);
        }
        return named(path);
    }

    private static Optional<String> inside(byte[] image) {
        if (image.length < 0x210 || !new String(image, 0x202, 4, StandardCharsets.US_ASCII).equals("HdrS")) {
            return Optional.empty();
        }
        int start = 0x200 + (image[0x20e] & 0xff | (image[0x20f] & 0xff) << 8);
        int end = start;
        while (end < image.length && image[end] > ' ') {
            end++;
        }
        if (start == 0x200 || start >= image.length) {
            return Optional.empty();
        }
        String text = new String(image, start, end - start, StandardCharsets.US_ASCII);
        return RELEASE.matcher(text).matches() ? Optional.of(text) : Optional.empty();
    }

    private static Optional<String> named(String path) {
        Matcher name = NAMED.matcher(path.substring(path.lastIndexOf('/') + 1));
        return name.matches() && RELEASE.matcher(name.group(1)).matches()
                ? Optional.of(name.group(1))
                : Optional.empty();
    }
}
