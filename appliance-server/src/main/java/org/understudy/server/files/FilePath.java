package org.understudy.server.files;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.understudy.core.problem.ProblemException;

/**
 * Where a file lies, from the root of its file system. Its text form is names joined by {@code /} without a leading slash.
 *
 * @param names at most {@value #MOST_NAMES}; empty: the root itself
 */
public record FilePath(List<FileName> names) {

    /** Deeper trees are those of somebody who wants harm: each level costs an open folder or a round. */
    public static final int MOST_NAMES = 1000;

    public static final FilePath ROOT = new FilePath(List.of());

    /** @throws ProblemException {@code INVALID_REQUEST} if there are too many names */
    public FilePath {
        if (names.size() > MOST_NAMES) {
            throw FileName.refused("it has more than " + MOST_NAMES + " names");
        }
        names = List.copyOf(names);
    }

    /** @throws ProblemException {@code INVALID_REQUEST} if the text is not a path in its text form */
    public static FilePath parse(String text) {
        if (text.isEmpty()) {
            return ROOT;
        }
        if (text.startsWith("/")) {
            throw FileName.refused("it begins with a slash; paths are relative to the root of their file system");
        }
        List<FileName> names = new ArrayList<>();
        for (String name : text.split("/", -1)) {
            names.add(FileName.parse(name));
        }
        return new FilePath(names);
    }

    public boolean isRoot() {
        return names.isEmpty();
    }

    public FilePath child(FileName name) {
        List<FileName> longer = new ArrayList<>(names);
        longer.add(name);
        return new FilePath(longer);
    }

    /** @throws IllegalStateException for the root */
    public FilePath parent() {
        if (isRoot()) {
            throw new IllegalStateException("the root has no parent");
        }
        return new FilePath(names.subList(0, names.size() - 1));
    }

    /** The last name. */
    public FileName last() {
        return names.getLast();
    }

    @Override
    public String toString() {
        return names.stream().map(FileName::text).collect(Collectors.joining("/"));
    }
}
