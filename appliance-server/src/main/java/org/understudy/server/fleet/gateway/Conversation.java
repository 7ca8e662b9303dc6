package org.understudy.server.fleet.gateway;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ServerMessage;

/**
 * The requests of one connection that wait for their answers. Futures are completed on threads of their own, never on the one
 * that reads the connection: whoever waits may do long work. Thread-safe, holds no lock.
 */
final class Conversation {

    private static final class Pending<T extends AgentMessage> {

        final String what;
        final @Nullable String run;
        final Class<T> answer;
        final long silenceNanos;
        final CompletableFuture<T> future = new CompletableFuture<>();
        volatile long lastHeard = System.nanoTime();

        Pending(String what, @Nullable String run, Class<T> answer, Duration silence) {
            this.what = what;
            this.run = run;
            this.answer = answer;
            this.silenceNanos = silence.toNanos();
        }
    }

    private final String hostName;
    private final Executor completions;
    private final ScheduledExecutorService timer;
    private final AtomicLong lastNumber = new AtomicLong();
    private final Map<Long, Pending<?>> pending = new ConcurrentHashMap<>();
    private volatile @Nullable Problem ended;

    Conversation(String hostName, Executor completions, ScheduledExecutorService timer) {
        this.hostName = hostName;
        this.completions = completions;
        this.timer = timer;
    }

    /** A request made ready to send, and the future of its answer. */
    record Asked<T>(ServerMessage message, CompletableFuture<T> answer) {}

    <T extends AgentMessage> Asked<T> ask(LongFunction<ServerMessage> request, Class<T> answer, Duration silence) {
        long number = lastNumber.incrementAndGet();
        ServerMessage message = request.apply(number);
        Pending<T> waiting = new Pending<>(message.getClass().getSimpleName(), runOf(message), answer, silence);
        pending.put(number, waiting);
        // Also covers a caller that gives up by cancelling the future.
        var unused = waiting.future.whenComplete((result, failure) -> pending.remove(number));
        Problem end = ended;
        if (end != null) {
            fail(waiting, end);
        } else {
            watch(waiting, waiting.silenceNanos);
        }
        return new Asked<>(message, waiting.future);
    }

    private void watch(Pending<?> waiting, long nanos) {
        var unused = timer.schedule(
                () -> {
                    long left = waiting.silenceNanos - (System.nanoTime() - waiting.lastHeard);
                    if (waiting.future.isDone()) {
                        return;
                    }
                    if (left > 0) {
                        watch(waiting, left);
                    } else {
                        fail(waiting, Problem.of(ProblemCode.AGENT_TIMEOUT, "host", hostName, "what", waiting.what));
                    }
                },
                Math.max(nanos, TimeUnit.MILLISECONDS.toNanos(1)),
                TimeUnit.NANOSECONDS);
    }

    /** Progress of a run is a sign that requests about it are being worked on. */
    void heardOf(String run) {
        long now = System.nanoTime();
        for (Pending<?> waiting : pending.values()) {
            if (run.equals(waiting.run)) {
                waiting.lastHeard = now;
            }
        }
    }

    /**
     * Takes an answer. One that comes after its request was given up is ignored.
     *
     * @throws org.understudy.core.problem.ProblemException {@code PROTOCOL_VIOLATION} if it answers what was never asked, or
     *     with another type or run than was asked for
     */
    void answered(long number, AgentMessage message, @Nullable String run) {
        if (number < 1 || number > lastNumber.get()) {
            throw Bounds.violation("an answer to request " + number + ", which was never sent");
        }
        Pending<?> waiting = pending.remove(number);
        if (waiting == null) {
            return;
        }
        settle(waiting, message, run);
    }

    private <T extends AgentMessage> void settle(Pending<T> waiting, AgentMessage message, @Nullable String run) {
        Optional<String> wrong = wrong(waiting, message, run);
        if (wrong.isPresent()) {
            Problem problem = Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", wrong.get());
            fail(waiting, problem);
            throw problem.asException();
        }
        if (message instanceof AgentMessage.Failed failed) {
            fail(waiting, MessageCheck.problem(failed));
        } else if (message instanceof AgentMessage.Unsupported unsupported) {
            fail(
                    waiting,
                    Problem.of(
                            ProblemCode.CAPABILITY_MISSING,
                            "capability",
                            "the agent of " + hostName + " does not know " + unsupported.messageType()));
        } else {
            T answer = waiting.answer.cast(message);
            completions.execute(() -> waiting.future.complete(answer));
        }
    }

    private static Optional<String> wrong(Pending<?> waiting, AgentMessage message, @Nullable String run) {
        if (run != null && waiting.run != null && !run.equals(waiting.run)) {
            return Optional.of("an answer to " + waiting.what + " of run " + waiting.run + " names run " + run);
        }
        boolean fits = message instanceof AgentMessage.Failed
                || message instanceof AgentMessage.Unsupported
                || waiting.answer.isInstance(message);
        return fits
                ? Optional.empty()
                : Optional.of(
                        waiting.what + " was answered by " + message.getClass().getSimpleName());
    }

    /** Fails everything that waits and whatever is asked from now on. */
    void end(Problem problem) {
        ended = problem;
        pending.values().forEach(waiting -> fail(waiting, problem));
    }

    private void fail(Pending<?> waiting, Problem problem) {
        completions.execute(() -> waiting.future.completeExceptionally(problem.asException()));
    }

    private static @Nullable String runOf(ServerMessage message) {
        return switch (message) {
            case ServerMessage.BeginRun begin -> begin.run();
            case ServerMessage.Transfer transfer -> transfer.run();
            case ServerMessage.EndRun end -> end.run();
            case ServerMessage.LimitRate limit -> limit.run();
            case ServerMessage.CancelRun cancel -> cancel.run();
            case ServerMessage.Welcome welcome -> null;
            case ServerMessage.Refused refused -> null;
            case ServerMessage.DescribeHost describe -> null;
            case ServerMessage.UpgradeAgent upgrade -> null;
            case ServerMessage.Unsupported unsupported -> null;
        };
    }
}
