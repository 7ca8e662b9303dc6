package org.understudy.server.storage.zfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.zfs.name.DatasetName;

/**
 * Where the kernel has mounted file systems of ZFS, for this process. Source: proc(5), fstab(5) for the escapes.
 *
 * @param lines of {@code /proc/self/mounts}
 */
record MountTable(List<String> lines) {

    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    static MountTable now() throws IOException {
        return new MountTable(Files.readAllLines(Path.of("/proc/self/mounts"), StandardCharsets.UTF_8));
    }

    Optional<Path> of(DatasetName fileSystem) {
        for (String line : lines) {
            String[] fields = line.split(" ");
            if (fields.length >= 3
                    && fields[2].equals("zfs")
                    && unescaped(fields[0]).equals(fileSystem.value())) {
                return Optional.of(Path.of(unescaped(fields[1])));
            }
        }
        return Optional.empty();
    }

    private static String unescaped(String field) {
        return OCTAL.matcher(field)
                .replaceAll(
                        found -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(found.group(1), 8))));
    }
}
