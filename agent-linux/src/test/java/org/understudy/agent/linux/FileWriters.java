package org.understudy.agent.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Threads that create, overwrite, sync and delete files until they are stopped, a few hundred times a second. */
final class FileWriters implements AutoCloseable {

    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean stopped;

    FileWriters(long seed, Path... directories) {
        for (int i = 0; i < directories.length; i++) {
            Path directory = directories[i];
            Random random = new Random(seed + i);
            Thread thread = new Thread(() -> write(directory, random), "writer-" + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
    }

    long writes() {
        return writes.get();
    }

    private void write(Path directory, Random random) {
        try {
            while (!stopped) {
                step(directory.resolve("file " + random.nextInt(60)), random);
                writes.incrementAndGet();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
            }
        } catch (IOException | RuntimeException e) {
            failure.set(e);
        }
    }

    private static void step(Path file, Random random) throws IOException {
        if (random.nextInt(10) == 0) {
            Files.deleteIfExists(file);
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            byte[] bytes = new byte[1 + random.nextInt(40_000)];
            random.nextBytes(bytes);
            channel.write(ByteBuffer.wrap(bytes), random.nextInt(400_000));
            if (random.nextInt(6) == 0) {
                channel.force(true);
            }
        }
    }

    @Override
    public void close() {
        stopped = true;
        for (Thread thread : threads) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(60));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        Throwable problem = failure.get();
        if (problem != null) {
            throw new UncheckedIOException(new IOException("a writer failed", problem));
        }
    }
}
