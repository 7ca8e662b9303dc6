package org.understudy.privileges.clock;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * What is known about time, across restarts. Replaced as a whole and made durable before {@link #save} returns; a file that was
 * altered or cut is told from one that was never there. One thread at a time.
 */
public final class ClockFile {

    /**
     * @param time the time that locks were judged by when this was written
     * @param uptime when that was, on the machine's uptime
     * @param frozen whether a person has to confirm the clock
     */
    public record Saved(Instant time, Uptime.Reading uptime, boolean frozen) {}

    /** What was found at the start. */
    public sealed interface Found {}

    public record Kept(Saved saved) implements Found {}

    public record Absent() implements Found {}

    public record Damaged(String why) implements Found {}

    private static final Pattern FORM = Pattern.compile(
            "understudy-clock 1 (-?\\d{1,12}) ([0-9a-f-]{1,64}) (\\d{1,15}) (trusted|frozen) ([0-9a-f]{8})\n");
    private static final int MAX_BYTES = 512;

    private final Path file;

    public ClockFile(Path file) {
        this.file = file;
    }

    public Found load() {
        String text;
        try {
            if (Files.size(file) > MAX_BYTES) {
                return new Damaged("it is too long");
            }
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return new Absent();
        } catch (IOException e) {
            return new Damaged(e.toString());
        }
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return new Damaged("it has another form");
        }
        String content = text.substring(0, matcher.start(5));
        if (!sum(content).equals(matcher.group(5))) {
            return new Damaged("its checksum differs");
        }
        return new Kept(new Saved(
                Instant.ofEpochSecond(Long.parseLong(matcher.group(1))),
                new Uptime.Reading(matcher.group(2), Duration.ofMillis(Long.parseLong(matcher.group(3)))),
                matcher.group(4).equals("frozen")));
    }

    /** @throws UncheckedIOException if it cannot be made durable */
    public void save(Saved saved) {
        String content = "understudy-clock 1 " + saved.time().getEpochSecond() + " "
                + saved.uptime().boot() + " " + saved.uptime().elapsed().toMillis() + " "
                + (saved.frozen() ? "frozen" : "trusted") + " ";
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try {
            try (FileChannel channel = FileChannel.open(
                    next, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = ByteBuffer.wrap((content + sum(content) + "\n").getBytes(StandardCharsets.US_ASCII));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel directory = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
                directory.force(true);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the state of the clock cannot be kept in " + file, e);
        }
    }

    private static String sum(String content) {
        CRC32 crc = new CRC32();
        crc.update(content.getBytes(StandardCharsets.US_ASCII));
        return String.format("%08x", crc.getValue());
    }
}
