package org.understudy.agent.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** An application that writes a little all the time and remembers how long it ever had to wait. */
final class PauseProbe implements AutoCloseable {

    private static final int SLOTS = 256;

    private final AtomicLong worstNanos = new AtomicLong();
    private final Thread thread;
    private volatile boolean stopped;
    private volatile @Nullable IOException failure;

    PauseProbe(Path directory) {
        thread = new Thread(() -> write(directory.resolve("probe")), "pause-probe");
        thread.setDaemon(true);
        thread.start();
    }

    /** Longest write since the last call, in milliseconds. */
    double takeWorstMillis() {
        return worstNanos.getAndSet(0) / 1e6;
    }

    private void write(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer piece = ByteBuffer.allocateDirect(4096);
            for (long turn = 0; !stopped; turn++) {
                piece.clear().putLong(0, turn);
                long started = System.nanoTime();
                channel.write(piece, turn % SLOTS * 4096);
                worstNanos.accumulateAndGet(System.nanoTime() - started, Math::max);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(60));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        IOException problem = failure;
        if (problem != null) {
            throw new UncheckedIOException(problem);
        }
    }
}
