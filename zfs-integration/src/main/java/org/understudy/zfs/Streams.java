package org.understudy.zfs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.InteractiveProcess;
import org.understudy.core.command.InteractiveRunner;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.SnapshotName;
import org.understudy.zfs.stream.ChangedExtents;

/** Sends, receives and reads streams. Bytes pass through the caller, who may count, digest, throttle or carry them. Thread-safe. */
public final class Streams {

    private static final Duration END_LIMIT = Duration.ofMinutes(10);

    /** A sender that has ended is gone at once; one that goes on blocks on a pipe that nobody reads. */
    private static final Duration SEND_LINGER = Duration.ofSeconds(5);

    private final Tool tool;
    private final InteractiveRunner runner;
    private final Path scratch;

    /** What the caller does with the bytes of a stream, or gives as a stream. */
    @FunctionalInterface
    public interface Pipe<S> {
        void through(S stream) throws IOException;
    }

    /** @param scratch directory for what the tools say while they run */
    public Streams(CommandRunner commands, InteractiveRunner runner, Path scratch) {
        this.tool = new Tool(commands);
        this.runner = runner;
        this.scratch = scratch;
    }

    /** How long the stream will be, in bytes; an estimate for other forms than raw. */
    public long sizeBytes(SendRequest request) {
        return ZfsParser.sendSize(tool.output(ZfsCommands.sendSize(request)));
    }

    /** Gives the whole stream to {@code reader}, which must read to its end; if it throws, the sender is ended. */
    public void send(SendRequest request, Pipe<InputStream> reader) throws IOException {
        converse(ZfsCommands.send(request), SEND_LINGER, process -> reader.through(process.output()));
    }

    /**
     * Takes what {@code writer} writes as a stream. If it ends early, the state is kept: see {@link #resumeToken}.
     *
     * @throws ZfsException in words of the receiver, also if the writer failed because the receiver had ended
     */
    public void receive(DatasetName destination, Pipe<OutputStream> writer) throws IOException {
        converse(ZfsCommands.receive(destination), END_LIMIT, process -> {
            try (OutputStream input = process.input()) {
                writer.through(input);
            }
        });
    }

    /** With what an interrupted receive goes on; empty if there is nothing to resume. */
    public Optional<String> resumeToken(DatasetName destination) {
        String value = tool.output(ZfsCommands.nativeValue(destination.value(), "receive_resume_token"))
                .strip();
        return value.equals("-") ? Optional.empty() : Optional.of(value);
    }

    /** Throws away what an interrupted receive left. */
    public void discardPartial(DatasetName destination) {
        tool.output(ZfsCommands.discardPartial(destination));
    }

    /**
     * Byte ranges of a volume that may differ between two of its snapshots, read from the headers of the incremental stream. The
     * stream's data passes by and is not kept. Where the sizes differ, everything from the smaller one on counts as changed.
     *
     * @param from the earlier one, of the same volume or the origin of it
     */
    public ExtentSet changedExtents(SnapshotName from, SnapshotName to) throws IOException {
        long before = volumeBytes(from);
        long after = volumeBytes(to);
        ChangedExtents changes = new ChangedExtents(Math.max(before, after));
        send(SendRequest.incremental(from, to, SendRequest.Form.COMPRESSED), changes::read);
        return before == after
                ? changes.extents()
                : changes.extents()
                        .union(ExtentSet.of(Extent.between(Math.min(before, after), Math.max(before, after))));
    }

    /** The whole of the larger of two snapshots: what may differ where nothing is known. */
    public ExtentSet allOf(SnapshotName one, SnapshotName other) {
        return ExtentSet.of(Extent.between(0, Math.max(volumeBytes(one), volumeBytes(other))));
    }

    private long volumeBytes(SnapshotName snapshot) {
        String value = tool.output(ZfsCommands.nativeValue(snapshot.toString(), "volsize"))
                .strip();
        if (!value.matches("[0-9]{1,18}")) {
            throw new ZfsException(new ZfsError.InvalidProperty(snapshot.toString(), "it is not of a volume"), value);
        }
        return Long.parseLong(value);
    }

    /** @param linger how long to wait, after the caller failed, for the words of a tool that may have failed first */
    private void converse(Command command, Duration linger, Pipe<InteractiveProcess> talk) throws IOException {
        Path log = Files.createTempFile(scratch, "zfs-", ".log");
        try (InteractiveProcess process = runner.converse(command.withStallLimit(ZfsCommands.STALL_LIMIT), log)) {
            try {
                talk.through(process);
            } catch (IOException e) {
                if (process.awaitExit(linger) && process.exitStatus() != 0) {
                    ZfsException failure = Tool.failure(process.exitStatus(), said(log), command);
                    failure.addSuppressed(e);
                    throw failure;
                }
                throw e;
            }
            if (!process.awaitExit(END_LIMIT)) {
                throw new ZfsException(new ZfsError.Other(-1, "did not end after its stream had"), command.toString());
            }
            if (process.exitStatus() != 0) {
                throw Tool.failure(process.exitStatus(), said(log), command);
            }
        } finally {
            Files.delete(log);
        }
    }

    private static String said(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
