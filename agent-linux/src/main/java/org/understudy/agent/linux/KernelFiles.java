package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the kernel and the system publish what they know. Another root than {@code /} is for tests.
 *
 * @param sys mount point of sysfs
 * @param proc mount point of procfs
 * @param dev directory of device files
 * @param etc configuration of the running system
 */
record KernelFiles(Path sys, Path proc, Path dev, Path etc) {

    static KernelFiles ofThisHost() {
        return under(Path.of("/"));
    }

    static KernelFiles under(Path root) {
        return new KernelFiles(root.resolve("sys"), root.resolve("proc"), root.resolve("dev"), root.resolve("etc"));
    }

    /** First line of a small file without blanks around it, or null if it is not there, empty, or not readable. */
    @Nullable
    String line(Path file) {
        try {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
            String first = text.lines().findFirst().orElse("").strip();
            return first.isEmpty() ? null : first;
        } catch (IOException e) {
            // sysfs attributes come and go with drivers; one that is not there is an answer.
            return null;
        }
    }

    /** Names in a directory, sorted; none if there is no such directory. */
    List<String> names(Path directory) {
        List<String> names = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
                stream.forEach(path -> names.add(path.getFileName().toString()));
            } catch (IOException e) {
                return List.of();
            }
        }
        names.sort(null);
        return names;
    }

    /** The mount table of this process. */
    List<MountEntry> mounts() throws IOException {
        return MountEntry.parse(Files.readAllLines(proc.resolve("self/mountinfo"), StandardCharsets.UTF_8));
    }
}
