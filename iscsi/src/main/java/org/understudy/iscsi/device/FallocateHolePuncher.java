package org.understudy.iscsi.device;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.ProblemException;

/**
 * Punches holes into regular files and block devices with the {@code fallocate} program of util-linux; the kernel makes a discard
 * of it on devices that read zeros after one (Linux 4.9). Starting a program costs milliseconds, so small ranges, where little
 * space could be won, are written as zeros; and so is everything where punching is not supported.
 */
public final class FallocateHolePuncher implements HolePuncher {

    private static final long SMALLEST_HOLE_BYTES = 256 << 10;

    private final CommandRunner commands;
    private final Set<Path> unable = ConcurrentHashMap.newKeySet();
    private final HolePuncher zeros = HolePuncher.writingZeros();

    public FallocateHolePuncher(CommandRunner commands) {
        this.commands = commands;
    }

    @Override
    public void punch(Path file, FileChannel channel, long offset, long length) throws IOException {
        if (length < SMALLEST_HOLE_BYTES || unable.contains(file) || !punched(file, offset, length)) {
            zeros.punch(file, channel, offset, length);
        }
    }

    private boolean punched(Path file, long offset, long length) throws IOException {
        Command command = Command.of(
                "fallocate",
                "--punch-hole",
                "--offset",
                Long.toString(offset),
                "--length",
                Long.toString(length),
                file.toString());
        try {
            CommandResult result = commands.run(command);
            if (!result.succeeded() && result.errorOutput().contains("not supported")) {
                unable.add(file);
            }
            return result.succeeded();
        } catch (ProblemException e) {
            throw new IOException("a hole could not be punched into " + file, e);
        }
    }
}
