package org.understudy.core.command;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.understudy.core.problem.ProblemException;

/**
 * A strict fake: answers exactly the commands that a test foresees, each once, in any order. An unforeseen command fails at
 * once, a foreseen one that never came fails {@link #verify}. Thread-safe.
 */
public final class ScriptedCommandRunner implements CommandRunner {

    private final List<Expectation> open = new ArrayList<>();
    private final List<Command> ran = new ArrayList<>();

    private record Expectation(List<String> argv, Supplier<Canned> answer) {}

    private record Canned(int status, String output, String errors) {}

    /** The command succeeds and prints this. */
    public ScriptedCommandRunner on(List<String> argv, String output) {
        return expect(argv, () -> new Canned(0, output, ""));
    }

    /** The command fails with this status and message. */
    public ScriptedCommandRunner failOn(List<String> argv, int status, String errorOutput) {
        return expect(argv, () -> new Canned(status, "", errorOutput));
    }

    /** The command ends in this exception, as a missing or stalled program does. */
    public ScriptedCommandRunner throwOn(List<String> argv, ProblemException problem) {
        return expect(argv, () -> {
            throw problem;
        });
    }

    private synchronized ScriptedCommandRunner expect(List<String> argv, Supplier<Canned> answer) {
        open.add(new Expectation(List.copyOf(argv), answer));
        return this;
    }

    @Override
    public CommandResult run(Command command) {
        Canned canned = take(command).answer().get();
        return new CommandResult(command, canned.status(), canned.output(), canned.errors(), Duration.ZERO);
    }

    private synchronized Expectation take(Command command) {
        for (Expectation expectation : open) {
            if (expectation.argv().equals(command.argv())) {
                open.remove(expectation);
                ran.add(command);
                return expectation;
            }
        }
        throw new AssertionError("unforeseen command: " + command + "\nstill foreseen: "
                + open.stream()
                        .map(expectation -> Command.of(expectation.argv()).toString())
                        .toList());
    }

    @Override
    public RunningProcess start(Command command, Path log) {
        return new Ended(take(command).answer().get().status());
    }

    /** A program that ended at once. */
    private record Ended(int exitStatus) implements RunningProcess {

        @Override
        public long pid() {
            return Long.MAX_VALUE;
        }

        @Override
        public boolean isAlive() {
            return false;
        }

        @Override
        public boolean awaitExit(Duration limit) {
            return true;
        }

        @Override
        public void close() {}
    }

    /** Commands that ran, in their order. */
    public synchronized List<Command> ran() {
        return List.copyOf(ran);
    }

    /** Fails if a foreseen command never came. */
    public synchronized void verify() {
        if (!open.isEmpty()) {
            throw new AssertionError("foreseen but never run: "
                    + open.stream()
                            .map(expectation -> Command.of(expectation.argv()).toString())
                            .toList());
        }
    }
}
