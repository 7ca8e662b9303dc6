package org.understudy.agent.transfer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunControl;
import org.understudy.core.problem.ProblemException;

/**
 * Writes, unmaps and reads on one LUN, neighbours joined, under the rate limit. Writes are grouped in batches: the buffers of a batch are free
 * when its future is complete. Used by one thread.
 */
final class VolumeWriter {

    private final RemoteVolume volume;
    private final RateLimiter limiter;
    private final RunControl control;
    private final DiskCounters counters;

    private final List<CompletableFuture<Void>> batch = new ArrayList<>();
    private CompletableFuture<Void> inFlight = CompletableFuture.completedFuture(null);
    private @Nullable ByteBuffer source;
    private int sourceStart;
    private int sourceLength;
    private long writeOffset;
    private long clearOffset;
    private long clearLength;

    VolumeWriter(RemoteVolume volume, RateLimiter limiter, RunControl control, DiskCounters counters) {
        this.volume = volume;
        this.limiter = limiter;
        this.control = control;
        this.counters = counters;
    }

    /** Writes {@code length} bytes that begin at {@code index} of {@code content} to {@code offset}. */
    void write(long offset, ByteBuffer content, int index, int length) {
        boolean continues =
                source == content && index == sourceStart + sourceLength && offset == writeOffset + sourceLength;
        if (continues) {
            sourceLength += length;
            return;
        }
        startPendingWrite();
        source = content;
        sourceStart = index;
        sourceLength = length;
        writeOffset = offset;
    }

    /** Unmaps a range. */
    void clear(long offset, long length) {
        if (clearLength > 0 && offset == clearOffset + clearLength) {
            clearLength += length;
            return;
        }
        clearPending();
        clearOffset = offset;
        clearLength = length;
    }

    /**
     * Starts to read what the LUN holds; nothing may be pending or in flight for that range. What is read counts for the rate limit as what
     * is sent does, because it goes over the same network.
     */
    CompletableFuture<Void> read(long offset, ByteBuffer target) {
        try {
            limiter.acquire(target.remaining());
        } catch (InterruptedException e) {
            throw control.interrupted(e);
        }
        control.check();
        return volume.read(offset, target);
    }

    /** Ends the calling work if the run was stopped. */
    void check() {
        control.check();
    }

    /** Waits for a read. */
    void await(CompletableFuture<Void> read) {
        try {
            read.get();
        } catch (InterruptedException e) {
            throw control.interrupted(e);
        } catch (ExecutionException e) {
            throw failure(e.getCause() == null ? e : e.getCause());
        }
    }

    /** Ends a batch: all of its writes are started. The future never fails; {@link #drain} does. */
    CompletableFuture<Void> endBatch() {
        startPendingWrite();
        if (batch.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> all = CompletableFuture.allOf(batch.toArray(CompletableFuture[]::new));
        batch.clear();
        failFast();
        inFlight = CompletableFuture.allOf(inFlight, all);
        return all.handle((nothing, failure) -> null);
    }

    /** Waits until everything was answered. */
    void drain() {
        clearPending();
        var last = endBatch();
        try {
            last.get();
            inFlight.get();
        } catch (InterruptedException e) {
            throw control.interrupted(e);
        } catch (ExecutionException e) {
            throw failure(e.getCause() == null ? e : e.getCause());
        }
        inFlight = CompletableFuture.completedFuture(null);
    }

    private void failFast() {
        if (inFlight.isCompletedExceptionally()) {
            try {
                inFlight.join();
            } catch (CompletionException e) {
                throw failure(e.getCause() == null ? e : e.getCause());
            }
        } else if (inFlight.isDone()) {
            // Keeps the chain of futures short.
            inFlight = CompletableFuture.completedFuture(null);
        }
    }

    private RuntimeException failure(Throwable cause) {
        control.check();
        return cause instanceof ProblemException problem
                ? problem
                : new IllegalStateException("the LUN failed in an unknown way", cause);
    }

    private void startPendingWrite() {
        ByteBuffer content = source;
        if (content == null) {
            return;
        }
        source = null;
        try {
            limiter.acquire(sourceLength);
        } catch (InterruptedException e) {
            throw control.interrupted(e);
        }
        control.check();
        batch.add(volume.write(writeOffset, content.slice(sourceStart, sourceLength)));
        counters.addSent(sourceLength);
    }

    private void clearPending() {
        if (clearLength > 0) {
            control.check();
            volume.unmap(clearOffset, clearLength);
            counters.addUnmapped(clearLength);
            clearLength = 0;
        }
    }
}
