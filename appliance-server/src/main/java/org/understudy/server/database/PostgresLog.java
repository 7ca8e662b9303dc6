package org.understudy.server.database;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The file that PostgreSQL writes its messages to. */
final class PostgresLog {

    private static final long LONGEST_BYTES = 10L << 20;
    private static final int QUOTED_BYTES = 2000;

    private PostgresLog() {}

    /** Sets a log aside that has grown long; one old one is kept. */
    static Path prepare(Path file) {
        if (length(file) > LONGEST_BYTES) {
            try {
                Files.move(file, file.resolveSibling(file.getFileName() + ".old"), StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return file;
    }

    static long length(Path file) {
        return file.toFile().length();
    }

    /** What was written after {@code offset}, its last part if it is long. */
    static String since(Path file, long offset) {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            long from = Math.max(Math.min(offset, in.length()), in.length() - QUOTED_BYTES);
            byte[] bytes = new byte[(int) (in.length() - from)];
            in.seek(from);
            in.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "no log: " + e;
        }
    }
}
