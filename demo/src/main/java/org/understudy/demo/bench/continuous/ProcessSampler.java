package org.understudy.demo.bench.continuous;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.understudy.demo.bench.CpuTime;

/** Watches what an agent and its freeze watchdog take: memory once a second, CPU time at both ends. */
final class ProcessSampler implements AutoCloseable {

    private final long pid;
    private final LongSupplier watchdog;
    private final AtomicLong largest = new AtomicLong();
    private final AtomicLong largestOfWatchdog = new AtomicLong();
    private final AtomicLong largestTogether = new AtomicLong();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final Duration cpuBefore;
    private final long started = System.nanoTime();

    /** @param pid of the agent; its only child, if there is one, is its freeze watchdog */
    ProcessSampler(long pid) throws IOException {
        this.pid = pid;
        watchdog = () -> child(pid);
        cpuBefore = cpu();
        // A sample throws nothing that should end the sampling, and nobody waits for it.
        var unused = clock.scheduleAtFixedRate(this::sample, 0, 1000, TimeUnit.MILLISECONDS);
    }

    private static long child(long pid) {
        return ProcessHandle.of(pid).stream()
                .flatMap(ProcessHandle::children)
                .mapToLong(ProcessHandle::pid)
                .findFirst()
                .orElse(-1);
    }

    private void sample() {
        largestTogether.accumulateAndGet(togetherBytes(pid), Math::max);
        largest.accumulateAndGet(residentBytes(pid), Math::max);
        long child = watchdog.getAsLong();
        if (child > 0) {
            largestOfWatchdog.accumulateAndGet(residentBytes(child), Math::max);
        }
    }

    private Duration cpu() throws IOException {
        long child = watchdog.getAsLong();
        return CpuTime.of(pid).plus(child > 0 ? CpuTime.of(child) : Duration.ZERO);
    }

    /** Part of one processor that was used, the watchdog included. */
    double processors() throws IOException {
        return (double) cpu().minus(cpuBefore).toNanos() / (System.nanoTime() - started);
    }

    long largestResidentBytes() {
        return largest.get();
    }

    long largestResidentBytesOfWatchdog() {
        return largestOfWatchdog.get();
    }

    /** The agent and its watchdog, each page once. */
    long largestTogetherBytes() {
        return largestTogether.get();
    }

    /** An agent and its watchdog now; a page that both have counts once, one that others have too counts in part. */
    static long togetherBytes(long pid) {
        long child = child(pid);
        return kilobytes(pid, "smaps_rollup", "Pss:") + (child > 0 ? kilobytes(child, "smaps_rollup", "Pss:") : 0);
    }

    /** {@code VmRSS} of proc(5); 0 if the process is gone. */
    static long residentBytes(long pid) {
        return kilobytes(pid, "status", "VmRSS:");
    }

    /** A figure of proc(5) in bytes, which gives it in kilobytes; 0 if the process is gone. */
    private static long kilobytes(long pid, String file, String name) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), file), StandardCharsets.US_ASCII).stream()
                    .filter(line -> line.startsWith(name))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
