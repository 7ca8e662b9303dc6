package org.understudy.agent.scan;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.understudy.agent.control.RunControl;
import org.understudy.agent.disk.DiskReader;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Scans disks with a few reader threads and a fixed set of buffers, so that reading, digesting and sending overlap and memory
 * stays bounded whatever the disk's size. One scan at a time; made for one run and closed with it. Buffers are made by the first
 * scan, which is one of a file system that is not frozen; a run of which all fits into pieces needs none.
 */
public final class BlockScanner implements AutoCloseable {

    private static final int ALIGNMENT = 4096;
    private static final long CLOSE_SECONDS = 10;

    private final RunControl control;
    private final int readers;
    private final ExecutorService threads;
    private final BlockingQueue<ByteBuffer> buffers;
    private boolean hasBuffers;

    /**
     * @param readers number of reader threads
     * @param control stops a scan
     */
    public BlockScanner(int readers, RunControl control) {
        this.readers = readers;
        this.control = control;
        threads = Executors.newFixedThreadPool(readers, task -> {
            Thread thread = new Thread(task, "disk-reader");
            thread.setDaemon(true);
            return thread;
        });
        buffers = new ArrayBlockingQueue<>(readers * 2 + 2);
    }

    private void makeBuffers() {
        if (!hasBuffers) {
            hasBuffers = true;
            while (buffers.remainingCapacity() > 0) {
                buffers.add(
                        ByteBuffer.allocateDirect(Window.MAX_BYTES + ALIGNMENT).alignedSlice(ALIGNMENT));
            }
        }
    }

    /**
     * Reads all used blocks and hands them to {@code consumer} in ascending order. When this returns, every buffer is back.
     *
     * @throws org.understudy.core.problem.ProblemException {@code DISK_READ_FAILED}, the reason of a stop, or what the guard or the
     *     consumer threw
     */
    public ScanCost scan(Scan scan, WindowConsumer consumer) throws IOException {
        makeBuffers();
        WindowPlanner planner =
                new WindowPlanner(scan.used(), scan.blockSize(), scan.reader().sizeBytes());
        Deque<Reading> ahead = new ArrayDeque<>();
        Deque<CompletableFuture<Void>> sending = new ArrayDeque<>();
        ScanCost cost = ScanCost.NONE;
        try {
            while (planner.hasNext() || !ahead.isEmpty()) {
                control.check();
                scan.guard().run();
                readAhead(scan, planner, ahead);
                Reading reading = ahead.remove();
                WindowReader.Result result = await(scan, reading);
                cost = cost.plus(new ScanCost(result.bytesRead(), reading.nanos(), readers));
                sending.add(hand(consumer, reading, result.window()));
                sending.removeIf(CompletableFuture::isDone);
                scan.read().accept(result.window().window().usedBytes());
            }
            return cost;
        } finally {
            ahead.forEach(Reading::abandon);
            awaitAll(sending);
        }
    }

    /**
     * Reads some parts of a disk with all threads, in no order, and digests nothing.
     *
     * @param guard called between reads by every thread; ends the reading by what it throws
     * @throws org.understudy.core.problem.ProblemException {@code DISK_READ_FAILED} or the reason of a stop
     */
    public ScanCost read(String disk, DiskReader reader, List<PieceRead> reads, Runnable guard) {
        AtomicInteger next = new AtomicInteger();
        LongAdder busy = new LongAdder();
        List<Future<?>> running = new ArrayList<>();
        long bytes = reads.stream().mapToLong(read -> read.target().remaining()).sum();
        for (int i = 0; i < Math.min(readers, reads.size()); i++) {
            running.add(threads.submit(() -> {
                long started = System.nanoTime();
                for (int at = next.getAndIncrement(); at < reads.size(); at = next.getAndIncrement()) {
                    guard.run();
                    PieceRead read = reads.get(at);
                    try {
                        reader.read(read.offset(), read.target());
                    } catch (IOException e) {
                        throw failed(disk, read.offset(), e);
                    }
                }
                busy.add(System.nanoTime() - started);
            }));
        }
        RuntimeException failure = null;
        for (Future<?> future : running) {
            try {
                future.get();
            } catch (InterruptedException e) {
                // The target's memory belongs to the other threads until they end.
                next.set(reads.size());
                failure = control.interrupted(e);
            } catch (ExecutionException e) {
                next.set(reads.size());
                failure = e.getCause() instanceof RuntimeException known
                        ? known
                        : new IllegalStateException("reading of " + disk + " ended in an unknown way", e.getCause());
            }
        }
        if (failure != null) {
            throw failure;
        }
        return new ScanCost(bytes, busy.sum(), readers);
    }

    private static RuntimeException failed(String disk, long offset, IOException cause) {
        return Problem.of(ProblemCode.DISK_READ_FAILED, "disk", disk, "offset", Long.toString(offset))
                .asException(cause);
    }

    private void readAhead(Scan scan, WindowPlanner planner, Deque<Reading> ahead) {
        while (planner.hasNext() && ahead.size() <= readers) {
            // With windows ahead there is work to do; without any, only a write that ends can give a buffer.
            ByteBuffer buffer = ahead.isEmpty() ? takeBuffer() : buffers.poll();
            if (buffer == null) {
                return;
            }
            ahead.add(new Reading(scan, planner.next(), buffer));
        }
    }

    private ByteBuffer takeBuffer() {
        try {
            return buffers.take();
        } catch (InterruptedException e) {
            throw control.interrupted(e);
        }
    }

    private WindowReader.Result await(Scan scan, Reading reading) {
        try {
            return reading.future.get();
        } catch (InterruptedException e) {
            reading.abandon();
            throw control.interrupted(e);
        } catch (ExecutionException e) {
            buffers.add(reading.buffer);
            if (e.getCause() instanceof IOException failure) {
                throw failed(scan.disk(), reading.window.offset(), failure);
            }
            throw new IllegalStateException("a window of " + scan.disk() + " could not be digested", e.getCause());
        }
    }

    private CompletableFuture<Void> hand(WindowConsumer consumer, Reading reading, ScannedWindow window)
            throws IOException {
        boolean handed = false;
        try {
            CompletableFuture<Void> done = consumer.accept(window);
            handed = true;
            return done.handle((nothing, failure) -> {
                buffers.add(reading.buffer);
                return null;
            });
        } finally {
            if (!handed) {
                buffers.add(reading.buffer);
            }
        }
    }

    /** The futures were made by {@link #hand} and never fail; an interrupt leaves the rest to a session that is being closed. */
    private void awaitAll(Deque<CompletableFuture<Void>> sending) {
        if (!control.isStopped()) {
            sending.forEach(CompletableFuture::join);
        }
    }

    /** Ends the reader threads; waits for reads that the kernel has not finished. */
    @Override
    public void close() {
        threads.shutdown();
        boolean interrupted = Thread.interrupted();
        try {
            if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** One window on its way through a reader thread. */
    private final class Reading implements Callable<WindowReader.Result> {

        private final Scan scan;
        private final Window window;
        private final ByteBuffer buffer;
        private final Future<WindowReader.Result> future;
        private volatile long nanos;
        private boolean ended;
        private boolean abandoned;

        Reading(Scan scan, Window window, ByteBuffer buffer) {
            this.scan = scan;
            this.window = window;
            this.buffer = buffer;
            future = threads.submit(this);
        }

        @Override
        public WindowReader.Result call() throws IOException {
            long started = System.nanoTime();
            try {
                return WindowReader.read(scan.reader(), window, scan.blockSize(), buffer);
            } finally {
                nanos = System.nanoTime() - started;
                end();
            }
        }

        private synchronized void end() {
            ended = true;
            if (abandoned) {
                buffers.add(buffer);
            }
        }

        /** Nobody waits for this window any more: its buffer is free as soon as its reader does not fill it. */
        synchronized void abandon() {
            abandoned = true;
            if (ended) {
                buffers.add(buffer);
            }
        }

        long nanos() {
            return nanos;
        }
    }
}
