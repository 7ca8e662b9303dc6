package org.understudy.server.protection.internal.runs;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.RunProgress;
import org.understudy.server.protection.internal.Problems;

/**
 * The part of a run that exists only while its thread does: the wish to stop, progress, and the digests that arrive. Written by
 * the run's thread; others read, or ask it to stop.
 */
final class LiveRun {

    private final RunId id;
    private final HostId host;
    private final int attempt;
    private final CompletableFuture<StoppedException.Reason> stop = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private boolean beyondReturn;
    private volatile Optional<RunProgress> progress = Optional.empty();
    private volatile Optional<DigestIntake> intake = Optional.empty();

    LiveRun(RunId id, HostId host, int attempt) {
        this.id = id;
        this.host = host;
        this.attempt = attempt;
    }

    RunId id() {
        return id;
    }

    HostId host() {
        return host;
    }

    int attempt() {
        return attempt;
    }

    /** Asks the run to stop. From {@link #passPointOfNoReturn} on it only makes the run wait less for the agent. */
    synchronized void requestStop(StoppedException.Reason reason) {
        if (!beyondReturn || reason == StoppedException.Reason.SERVER_STOPS) {
            stop.complete(reason);
        }
    }

    /** From here on the run completes. */
    synchronized void passPointOfNoReturn() {
        throwIfStopped();
        beyondReturn = true;
    }

    void throwIfStopped() {
        if (stop.isDone()) {
            throw new StoppedException(stop.join());
        }
    }

    /** Waits for an answer or the wish to stop, whichever comes first. */
    <T> T await(CompletableFuture<T> answer) {
        while (true) {
            Optional<T> got = await(answer, Duration.ofDays(1));
            if (got.isPresent()) {
                return got.get();
            }
        }
    }

    /**
     * As {@link #await(CompletableFuture)}, but not longer than {@code limit}.
     *
     * @return empty if neither came
     */
    <T> Optional<T> await(CompletableFuture<T> answer, Duration limit) {
        try {
            CompletableFuture.anyOf(answer, stop).get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw Problems.of(e).asException(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoppedException(StoppedException.Reason.SERVER_STOPS);
        }
        throwIfStopped();
        return Optional.of(answer.join());
    }

    /**
     * Waits for an answer in the part of the run that completes; once the server stops, only {@code patience} longer.
     *
     * @return false if the answer did not come
     */
    boolean awaitDespiteStop(CompletableFuture<?> answer, Duration patience) {
        CompletableFuture<Boolean> came = answer.thenApply(any -> true);
        CompletableFuture<Boolean> hurried =
                stop.thenCompose(any -> came.completeOnTimeout(false, patience.toNanos(), TimeUnit.NANOSECONDS));
        try {
            return (boolean) CompletableFuture.anyOf(came, hurried).join();
        } catch (CompletionException e) {
            throw Problems.of(e).asException(e);
        }
    }

    Optional<RunProgress> progress() {
        return progress;
    }

    void progress(Optional<RunProgress> now) {
        progress = now;
    }

    /** Where digests go; empty unless data flows. */
    Optional<DigestIntake> intake() {
        return intake;
    }

    void intake(DigestIntake opened) {
        intake = Optional.of(opened);
    }

    /** The thread has ended, whatever became of the run. */
    void end() {
        ended.complete(null);
    }

    CompletableFuture<Void> ended() {
        return ended;
    }
}
