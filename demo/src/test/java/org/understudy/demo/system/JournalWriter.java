package org.understudy.demo.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * An application that promises something: it appends numbers to a journal, one by one and each of them durable, and knows when it was told so.
 * Beside that it changes files at random. {@link #close} ends it and throws what went wrong.
 */
final class JournalWriter implements AutoCloseable {

    static final String FILE = "journal";

    private static final InstantSource TIME = InstantSource.system();
    private static final int LARGEST_CHANGE = 64 << 10;

    /** An application writes all the time, but not as fast as it can. */
    private static final Duration PACE = Duration.ofMillis(20);

    private final LiveDisk disk;
    private final Random random;
    private final TreeMap<Instant, Integer> acknowledged = new TreeMap<>();
    private final Thread thread = new Thread(this::write, "journal");
    private volatile boolean ending;
    private volatile @Nullable Exception failure;

    JournalWriter(LiveDisk disk, Random random) {
        this.disk = disk;
        this.random = random;
        thread.start();
    }

    private void write() {
        try (FileChannel journal =
                FileChannel.open(disk.mount().resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (int number = 1; !ending; number++) {
                ByteBuffer line = ByteBuffer.wrap((number + "\n").getBytes(StandardCharsets.US_ASCII));
                while (line.hasRemaining()) {
                    journal.write(line);
                }
                journal.force(true);
                Instant now = TIME.instant();
                synchronized (acknowledged) {
                    acknowledged.put(now, number);
                }
                disk.changeAtRandom(random, LARGEST_CHANGE);
                LockSupport.parkNanos(PACE.toNanos());
            }
        } catch (IOException | RuntimeException e) {
            failure = e;
        }
    }

    /** The highest number that was durable before the instant; 0 if there was none. */
    int durableBefore(Instant instant) {
        synchronized (acknowledged) {
            var entry = acknowledged.lowerEntry(instant);
            return entry == null ? 0 : entry.getValue();
        }
    }

    @Override
    public void close() throws InterruptedException {
        ending = true;
        thread.join();
        Exception trouble = failure;
        if (trouble instanceof IOException io) {
            throw new UncheckedIOException("the writer of the journal ended", io);
        } else if (trouble != null) {
            throw new IllegalStateException("the writer of the journal ended", trouble);
        }
    }
}
