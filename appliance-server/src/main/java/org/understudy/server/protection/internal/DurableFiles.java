package org.understudy.server.protection.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** Files that are either whole or not there, also after a power cut. */
public final class DurableFiles {

    /** Ends the name of a file that is still being written. */
    public static final String PART = ".part";

    private DurableFiles() {}

    /** Writes a small file: to a part file, forced, renamed, directory forced. */
    public static void write(Path file, byte[] content) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + PART);
        try (FileChannel channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        publish(part, file);
    }

    /** Gives a forced part file its name, and forces the directory. */
    public static void publish(Path part, Path file) throws IOException {
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /** Removes what interrupted writers left. */
    public static void removeParts(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path part :
                    files.filter(f -> f.getFileName().toString().endsWith(PART)).toList()) {
                Files.deleteIfExists(part);
            }
        }
    }
}
