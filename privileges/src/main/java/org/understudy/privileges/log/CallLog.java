package org.understudy.privileges.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.privileges.protocol.Codec;

/**
 * The log of all calls. One line of ASCII JSON per entry, so nothing that a caller sends can begin a line of its own. Entries are
 * numbered and each carries the digest of the line before it, across files and restarts: a line taken out is seen. The file is
 * only ever appended to; a full one is put aside under the number of its last entry and never deleted here. Thread-safe.
 */
public final class CallLog implements AutoCloseable {

    /** Size at which a file is put aside. */
    public static final long FILE_BYTES = 64L << 20;

    private static final String NAME = "calls.log";
    private static final String NOTHING_BEFORE = "0".repeat(64);
    private static final int TAIL = 256 << 10;
    private static final Pattern NUMBER = Pattern.compile("\\{\"number\":(\\d{1,18}),.*");

    private final Path directory;
    private final Clock clock;
    private final long fileBytes;
    private FileChannel channel;
    private long number;
    private String previous;

    /** @throws IOException if the log cannot be opened; without a log nothing may be done */
    public CallLog(Path directory, Clock clock, long fileBytes) throws IOException {
        this.directory = directory;
        this.clock = clock;
        this.fileBytes = fileBytes;
        this.channel = open();
        List<String> last = lastLines();
        this.previous = last.isEmpty() ? NOTHING_BEFORE : digest(last.get(last.size() - 1));
        this.number = last.stream().mapToLong(CallLog::number).max().orElse(0);
    }

    /**
     * Appends one entry.
     *
     * @param durable whether it must be on the disk when this returns
     * @return the number of the entry
     * @throws UncheckedIOException if it cannot be written; what it announces must not be done then
     */
    public synchronized long append(String who, String event, Map<String, ?> content, boolean durable) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("number", number + 1);
        entry.put("time", clock.instant().toString());
        entry.put("who", who);
        entry.put("event", event);
        entry.putAll(content);
        entry.put("previous", previous);
        String line = Codec.text(entry);
        try {
            if (channel.size() > 0 && channel.size() + line.length() + 1 > fileBytes) {
                putAside();
            }
            write(line);
            if (durable) {
                channel.force(false);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the log of calls cannot be written", e);
        }
        previous = digest(line);
        return ++number;
    }

    private void write(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII));
        long before = channel.size();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            // A part of a line would spoil the next one.
            channel.truncate(before);
            throw e;
        }
    }

    private void putAside() throws IOException {
        channel.force(true);
        channel.close();
        Files.move(
                directory.resolve(NAME),
                directory.resolve(String.format("calls-%015d.log", number)),
                StandardCopyOption.ATOMIC_MOVE);
        channel = open();
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(
                directory.resolve(NAME),
                EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /** The last lines of this file or of the one put aside last; the part of a line that a crash left is ended first. */
    private List<String> lastLines() throws IOException {
        String text = tail(directory.resolve(NAME));
        if (!text.isEmpty() && !text.endsWith("\n")) {
            write("");
            text = text + "\n";
        }
        if (text.isEmpty()) {
            try (var files = Files.list(directory)) {
                text = files.filter(file -> file.getFileName().toString().matches("calls-\\d{15}\\.log"))
                        .max(Path::compareTo)
                        .map(CallLog::unchecked)
                        .orElse("");
            }
        }
        return text.lines().toList();
    }

    private static String unchecked(Path file) {
        try {
            return tail(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String tail(Path file) throws IOException {
        try (FileChannel input = FileChannel.open(file, StandardOpenOption.READ)) {
            long from = Math.max(0, input.size() - TAIL);
            ByteBuffer bytes = ByteBuffer.allocate((int) (input.size() - from));
            while (bytes.hasRemaining() && input.read(bytes, from + bytes.position()) >= 0) {
                // read until full
            }
            return new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
        }
    }

    private static long number(String line) {
        Matcher matcher = NUMBER.matcher(line);
        return matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
    }

    private static String digest(String line) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(line.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        channel.force(true);
        channel.close();
    }
}
