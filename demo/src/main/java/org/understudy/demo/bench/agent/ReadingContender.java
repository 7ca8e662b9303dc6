package org.understudy.demo.bench.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.function.ToLongFunction;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.demo.bench.CpuTime;

/** A program that reads the whole device and stores what it does not have yet, in a repository on the same machine. */
abstract sealed class ReadingContender implements Contender permits ResticContender, BorgContender {

    private static final Duration STALL_LIMIT = Duration.ofMinutes(10);

    private final CommandRunner commands;
    private final SourceDisk source;

    ReadingContender(CommandRunner commands, SourceDisk source) {
        this.commands = commands;
        this.source = source;
    }

    /** The command that takes a backup of the device. */
    abstract Command backup();

    /** What its report says was added to the repository. */
    abstract ToLongFunction<CommandResult> stored();

    final SourceDisk source() {
        return source;
    }

    final CommandResult run(Command command) {
        return commands.run(command.withStallLimit(STALL_LIMIT)).orThrow();
    }

    @Override
    public final Sample first() throws IOException {
        return take();
    }

    @Override
    public final Sample increment() throws IOException {
        return take();
    }

    private Sample take() throws IOException {
        source.forgetCaches();
        long read = source.bytesRead();
        Duration cpu = CpuTime.ofEndedChildren();
        long started = System.nanoTime();
        CommandResult result = run(backup());
        double seconds = (System.nanoTime() - started) / 1e9;
        return new Sample(
                seconds,
                CpuTime.ofEndedChildren().minus(cpu).toNanos() / 1e9,
                source.bytesRead() - read,
                stored().applyAsLong(result));
    }
}
