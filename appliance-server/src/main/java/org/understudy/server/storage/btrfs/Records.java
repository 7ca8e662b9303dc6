package org.understudy.server.storage.btrfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** The records beside snapshots and clones, version 1, as JSON. */
final class Records {

    private static final int VERSION = 1;
    private static final JsonMapper JSON = JsonMapper.shared();

    private Records() {}

    /**
     * Beside a point.
     *
     * @param sequence order of the points of a host, ascending
     */
    record Point(int version, long sequence, Map<String, String> properties, Set<String> holds) {

        Point(long sequence, Map<String, String> properties, Set<String> holds) {
            this(VERSION, sequence, new TreeMap<>(properties), new TreeSet<>(holds));
        }
    }

    /** Beside a clone: what it is a copy of. */
    record Clone(int version, String host, String origin) {

        Clone(String host, String origin) {
            this(VERSION, host, origin);
        }
    }

    static void write(Path file, Object record) throws IOException {
        DurableFiles.write(file, JSON.writeValueAsBytes(record));
    }

    static Optional<Point> readPoint(Path file) throws IOException {
        Optional<Point> point = read(file, Point.class);
        if (point.isPresent()) {
            requireVersion(file, point.get().version());
            if (point.get().properties() == null || point.get().holds() == null) {
                throw damaged(file, "a part is missing").asException();
            }
        }
        return point;
    }

    static Optional<Clone> readClone(Path file) throws IOException {
        Optional<Clone> clone = read(file, Clone.class);
        if (clone.isPresent()) {
            requireVersion(file, clone.get().version());
        }
        return clone;
    }

    private static <T> Optional<T> read(Path file, Class<T> type) throws IOException {
        try {
            return Optional.of(JSON.readValue(Files.readAllBytes(file), type));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException e) {
            throw damaged(file, "it is not a record").asException(e);
        }
    }

    private static void requireVersion(Path file, int version) {
        if (version != VERSION) {
            throw damaged(file, "version " + version + " was written by another Understudy")
                    .asException();
        }
    }

    static ProblemException damaged(Path file, IllegalArgumentException cause) {
        return damaged(file, String.valueOf(cause.getMessage())).asException(cause);
    }

    private static Problem damaged(Path file, String reason) {
        return Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", "the record " + file + " is damaged: " + reason);
    }
}
