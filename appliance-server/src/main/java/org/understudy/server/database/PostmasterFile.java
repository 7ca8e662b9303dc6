package org.understudy.server.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code postmaster.pid} says. Format: {@code src/include/utils/pidfile.h} of PostgreSQL; one value per line, the last line
 * the state.
 *
 * @param pid process id of the postmaster
 * @param port its TCP port, 0 while it is not written yet
 * @param ready whether it accepts connections
 */
record PostmasterFile(long pid, int port, boolean ready) {

    static final String NAME = "postmaster.pid";

    private static final int PORT_LINE = 3;
    private static final int STATE_LINE = 7;

    /** Empty if there is no file, or if it is not written to its first line yet. */
    static Optional<PostmasterFile> read(Path cluster) {
        try {
            return parse(Files.readAllLines(cluster.resolve(NAME)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    static Optional<PostmasterFile> parse(List<String> lines) {
        if (lines.isEmpty() || !lines.get(0).strip().matches("-?\\d{1,10}")) {
            return Optional.empty();
        }
        // A stand-alone backend writes its pid with a minus.
        long pid = Math.abs(Long.parseLong(lines.get(0).strip()));
        int port = lines.size() > PORT_LINE && lines.get(PORT_LINE).strip().matches("\\d{1,5}")
                ? Integer.parseInt(lines.get(PORT_LINE).strip())
                : 0;
        boolean ready =
                lines.size() > STATE_LINE && lines.get(STATE_LINE).strip().equals("ready");
        return Optional.of(new PostmasterFile(pid, port, ready));
    }
}
