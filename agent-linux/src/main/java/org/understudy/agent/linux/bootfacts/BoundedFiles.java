package org.understudy.agent.linux.bootfacts;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Small regular files of kernel file systems. What is not there is an answer, since attributes come and go with drivers. Stateless. */
final class BoundedFiles {

    private static final int MAX_NAMES = 4096;

    private BoundedFiles() {}

    /** The first {@code most} bytes. */
    static Optional<byte[]> bytes(Path file, int most) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file)) {
            return Optional.of(in.readNBytes(most));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static List<String> lines(Path file, int most) {
        return bytes(file, most).stream()
                .flatMap(bytes -> new String(bytes, StandardCharsets.UTF_8).lines())
                .map(String::strip)
                .toList();
    }

    /** The first line, if it is not blank. */
    static Optional<String> line(Path file) {
        return lines(file, 4096).stream().findFirst().filter(line -> !line.isEmpty());
    }

    /** Sorted. */
    static List<String> names(Path directory) {
        List<String> names = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                for (Path entry : entries) {
                    if (names.size() < MAX_NAMES) {
                        names.add(entry.getFileName().toString());
                    }
                }
            } catch (IOException | DirectoryIteratorException e) {
                return List.of();
            }
        }
        Collections.sort(names);
        return names;
    }

    /** As the appliance takes texts: not long, without control characters. */
    static String shown(String text) {
        String plain = text.replaceAll("\\p{Cntrl}", " ").strip();
        int most = 100;
        return plain.codePointCount(0, plain.length()) <= most
                ? plain
                : plain.substring(0, plain.offsetByCodePoints(0, most)) + "…";
    }
}
