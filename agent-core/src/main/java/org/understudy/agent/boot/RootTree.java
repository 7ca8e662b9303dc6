package org.understudy.agent.boot;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The files of a protected system under its mount point. Symbolic links are resolved inside of the tree, as the system itself would,
 * and never lead out of it; only regular files are opened, since a FIFO would block. Paths are absolute inside of the tree.
 */
final class RootTree {

    private static final int MAX_LINKS = 40;
    private static final int MAX_NAMES = 20_000;

    private final Path root;
    private final @Nullable Path boot;

    RootTree(Path root, @Nullable Path boot) {
        this.root = root;
        this.boot = boot;
    }

    /** The file on this machine that the path names, if it exists. */
    private Optional<Path> locate(String path) {
        try {
            Deque<String> left = new ArrayDeque<>(parts(path));
            List<String> done = new ArrayList<>();
            int links = 0;
            while (!left.isEmpty()) {
                String part = left.removeFirst();
                if (part.equals("..")) {
                    if (!done.isEmpty()) {
                        done.remove(done.size() - 1);
                    }
                    continue;
                }
                done.add(part);
                Path here = onDisk(done);
                if (Files.isSymbolicLink(here)) {
                    if (++links > MAX_LINKS) {
                        return Optional.empty();
                    }
                    String target = Files.readSymbolicLink(here).toString();
                    done.remove(done.size() - 1);
                    if (target.startsWith("/")) {
                        done.clear();
                    }
                    List<String> more = parts(target);
                    Collections.reverse(more);
                    more.forEach(left::addFirst);
                } else if (!Files.exists(here, LinkOption.NOFOLLOW_LINKS)) {
                    return Optional.empty();
                }
            }
            return Optional.of(onDisk(done));
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static List<String> parts(String path) {
        List<String> parts = new ArrayList<>(Arrays.asList(path.split("/")));
        parts.removeIf(part -> part.isEmpty() || part.equals("."));
        return parts;
    }

    private Path onDisk(List<String> parts) {
        boolean elsewhere = boot != null && !parts.isEmpty() && parts.get(0).equals("boot");
        Path here = elsewhere && boot != null ? boot : root;
        for (String part : elsewhere ? parts.subList(1, parts.size()) : parts) {
            here = here.resolve(part);
        }
        return here;
    }

    boolean isFile(String path) {
        return locate(path)
                .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                .isPresent();
    }

    /** Names in a folder, sorted; empty if there is none. */
    List<String> names(String path) {
        Optional<Path> folder = locate(path).filter(file -> Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS));
        if (folder.isEmpty()) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder.get())) {
            for (Path entry : entries) {
                if (names.size() < MAX_NAMES) {
                    names.add(String.valueOf(entry.getFileName()));
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return List.of();
        }
        Collections.sort(names);
        return names;
    }

    /** Opens a regular file. */
    Optional<InputStream> open(String path) throws IOException {
        Optional<Path> file = locate(path).filter(at -> Files.isRegularFile(at, LinkOption.NOFOLLOW_LINKS));
        return file.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new BufferedInputStream(Files.newInputStream(file.get(), LinkOption.NOFOLLOW_LINKS), 1 << 16));
    }

    /** The first {@code maxBytes} of a text file; empty if it is missing or cannot be read. */
    Optional<String> text(String path, int maxBytes) {
        try (InputStream in = open(path).orElse(null)) {
            return in == null
                    ? Optional.empty()
                    : Optional.of(new String(in.readNBytes(maxBytes), StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Lines of a text file without surrounding blanks; empty if it is missing. */
    List<String> lines(String path, int maxBytes) {
        return text(path, maxBytes).stream()
                .flatMap(String::lines)
                .map(String::strip)
                .toList();
    }
}
