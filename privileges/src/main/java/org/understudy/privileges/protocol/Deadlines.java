package org.understudy.privileges.protocol;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes a channel whose other side takes too long: blocking reads of unix sockets have no time limit of their own. Thread-safe. */
public final class Deadlines implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Deadlines.class);

    private final ScheduledThreadPoolExecutor timer;

    public Deadlines(String threadName) {
        timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Reads or writes a channel. */
    @FunctionalInterface
    public interface Transfer<T> {
        T run() throws IOException;
    }

    /** Runs {@code transfer}; the channel is closed, and the transfer fails, if it is not over in time. */
    public <T> T within(Duration limit, SocketChannel channel, Transfer<T> transfer) throws IOException {
        ScheduledFuture<?> deadline = timer.schedule(() -> close(channel), limit.toMillis(), TimeUnit.MILLISECONDS);
        try {
            return transfer.run();
        } finally {
            deadline.cancel(false);
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            log.debug("closing a connection that took too long: {}", e.toString());
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
