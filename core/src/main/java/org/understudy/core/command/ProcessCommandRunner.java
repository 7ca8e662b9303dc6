package org.understudy.core.command;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Starts real processes. Both streams are drained by threads of their own from the first byte, so a full pipe never blocks a
 * program. A program is ended only when it makes no progress (CPU time, I/O counters of {@code /proc/PID}, its own or those of what it started, or output) for its
 * stall limit: a long copy may take as long as it moves.
 */
public final class ProcessCommandRunner implements CommandRunner, InteractiveRunner {

    private static final Logger log = LoggerFactory.getLogger(ProcessCommandRunner.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration TERM_LIMIT = Duration.ofSeconds(5);
    private static final Duration LINGER_LIMIT = Duration.ofSeconds(2);

    @Override
    public CommandResult run(Command command) {
        log.debug("start: {}", command);
        long started = System.nanoTime();
        Process process = spawn(builder(command), command);
        AtomicLong printed = new AtomicLong();
        Drained output = drain(process.getInputStream(), printed);
        Drained errors = drain(process.getErrorStream(), printed);
        feed(process, command);
        awaitProgress(process, command, printed);
        Duration elapsed = Duration.ofNanos(System.nanoTime() - started);
        CommandResult result =
                new CommandResult(command, process.exitValue(), output.text(command), errors.text(command), elapsed);
        log.debug("end: {} -> {} in {} ms", command, result.exitStatus(), elapsed.toMillis());
        return result;
    }

    @Override
    public RunningProcess start(Command command, Path logFile) {
        log.debug("start, stays running: {}", command);
        ProcessBuilder builder = builder(command);
        builder.redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()));
        Process process = spawn(builder, command);
        feed(process, command);
        return new StartedProcess(process);
    }

    @Override
    public InteractiveProcess converse(Command command, Path logFile) {
        log.debug("start, to talk to: {}", command);
        ProcessBuilder builder = builder(command);
        builder.redirectError(ProcessBuilder.Redirect.appendTo(logFile.toFile()));
        return new TalkingProcess(spawn(builder, command));
    }

    private static ProcessBuilder builder(Command command) {
        ProcessBuilder builder = new ProcessBuilder(command.argv());
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(command.environment());
        Path directory = command.directory();
        if (directory != null) {
            builder.directory(directory.toFile());
        }
        return builder;
    }

    private static Process spawn(ProcessBuilder builder, Command command) {
        try {
            return builder.start();
        } catch (IOException e) {
            throw Problem.of(
                            ProblemCode.COMMAND_MISSING,
                            "program",
                            command.argv().get(0))
                    .asException(e);
        }
    }

    private static void feed(Process process, Command command) {
        try (OutputStream in = process.getOutputStream()) {
            in.write(command.input());
        } catch (IOException e) {
            // The program may end without reading its input; its exit status tells whether that was right.
            log.debug("{} did not read its input: {}", command, e.toString());
        }
    }

    /** What a stream gave so far, and whether it has ended. */
    private record Drained(ByteArrayOutputStream bytes, CompletableFuture<Boolean> ended) {

        /** A daemon that the program left behind may hold the pipe open for ever; it is not waited for. */
        String text(Command command) {
            try {
                ended.get(LINGER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                log.debug("{} has ended, but something that it started holds its output open", command);
            } catch (ExecutionException e) {
                throw new CompletionException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw Problem.of(ProblemCode.CANCELLED, "what", command.toString())
                        .asException(e);
            }
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }

    private static Drained drain(InputStream stream, AtomicLong printed) {
        Drained drained = new Drained(new ByteArrayOutputStream(), new CompletableFuture<>());
        Thread thread = new Thread(
                () -> {
                    byte[] buffer = new byte[8192];
                    try (stream) {
                        for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
                            drained.bytes().write(buffer, 0, n);
                            printed.addAndGet(n);
                        }
                        drained.ended().complete(true);
                    } catch (IOException | RuntimeException e) {
                        drained.ended().completeExceptionally(e);
                    }
                },
                "command-output");
        thread.setDaemon(true);
        thread.start();
        return drained;
    }

    private static void awaitProgress(Process process, Command command, AtomicLong printed) {
        String lastSeen = "";
        String lastBelow = "";
        long lastProgress = System.nanoTime();
        try {
            while (!process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                String seen = printed.get() + " " + activity(process.pid());
                // A script that waits for what it started makes no progress itself.
                String below = seen.equals(lastSeen) ? activityBelow(process) : lastBelow;
                if (!seen.equals(lastSeen) || !below.equals(lastBelow)) {
                    lastSeen = seen;
                    lastBelow = below;
                    lastProgress = System.nanoTime();
                } else if (System.nanoTime() - lastProgress
                        > command.stallLimit().toNanos()) {
                    end(process);
                    throw Problem.of(
                                    ProblemCode.COMMAND_STALLED,
                                    "command",
                                    command.toString(),
                                    "seconds",
                                    Long.toString(command.stallLimit().toSeconds()))
                            .asException();
                }
            }
        } catch (InterruptedException e) {
            end(process);
            Thread.currentThread().interrupt();
            throw Problem.of(ProblemCode.CANCELLED, "what", command.toString()).asException(e);
        }
    }

    /** CPU time and I/O counters as text: any change is progress. Source: proc(5). */
    private static String activity(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return fields[11] + " " + fields[12] + " " + Files.readString(Path.of("/proc", Long.toString(pid), "io"));
        } catch (NoSuchFileException e) {
            return "gone";
        } catch (IOException e) {
            log.trace("no counters of process {}: {}", pid, e.toString());
            return "unknown";
        }
    }

    private static String activityBelow(Process process) {
        return process.descendants()
                .map(child -> child.pid() + " " + activity(child.pid()))
                .collect(Collectors.joining("\n"));
    }

    /** Ends the program and what it started and waits for: its children would be nobody's. */
    private static void end(Process process) {
        List<ProcessHandle> below = process.descendants().toList();
        endOne(process);
        below.forEach(ProcessHandle::destroy);
    }

    private static void endOne(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(TERM_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private static class StartedProcess implements RunningProcess {

        final Process process;

        StartedProcess(Process process) {
            this.process = process;
        }

        @Override
        public long pid() {
            return process.pid();
        }

        @Override
        public boolean isAlive() {
            return process.isAlive();
        }

        @Override
        public boolean awaitExit(Duration limit) {
            try {
                return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw Problem.of(ProblemCode.CANCELLED, "what", "wait for process " + process.pid())
                        .asException(e);
            }
        }

        @Override
        public int exitStatus() {
            return process.exitValue();
        }

        @Override
        public void close() {
            end(process);
        }
    }

    private static final class TalkingProcess extends StartedProcess implements InteractiveProcess {

        TalkingProcess(Process process) {
            super(process);
        }

        @Override
        public OutputStream input() {
            return process.getOutputStream();
        }

        @Override
        public InputStream output() {
            return process.getInputStream();
        }
    }
}
