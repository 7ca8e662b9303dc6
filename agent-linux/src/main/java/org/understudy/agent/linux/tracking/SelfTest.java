package org.understudy.agent.linux.tracking;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.problem.ProblemException;

/**
 * Proves on a scratch device that this kernel's writes are seen: a write must be marked on submission and on completion, at its place and
 * nowhere else. Leaves nothing behind. Used by one thread.
 */
public final class SelfTest {

    private static final long BYTES = 16L << 20;
    private static final Extent KNOWN = new Extent(5L << 20, 64 << 10);
    private static final Extent DISCARDED = new Extent(8L << 20, 2 << 20);

    private final Trackers trackers;
    private final DeviceProbe probe;
    private final CommandRunner commands;
    private final List<String> proven = new ArrayList<>();

    public SelfTest(Trackers trackers, DeviceProbe probe, CommandRunner commands) {
        this.trackers = trackers;
        this.probe = probe;
        this.commands = commands;
    }

    /**
     * Runs all checks.
     *
     * @return what was proven, one sentence each
     * @throws TrackingException what went wrong; tracking must not be believed then
     */
    public List<String> run() throws TrackingException {
        proven.clear();
        try {
            Path directory = Files.createTempDirectory("understudy-selftest");
            Path file = directory.resolve("disk.img");
            try {
                try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
                    image.setLength(BYTES);
                }
                onLoop(file);
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            throw failed("the test could not be made: " + e, e);
        }
        return List.copyOf(proven);
    }

    private void onLoop(Path file) throws TrackingException, IOException {
        CommandResult attached = command("losetup", "--find", "--show", file.toString());
        if (!attached.succeeded()) {
            throw failed(
                    "the test needs a loop device: " + attached.errorOutput().strip(), null);
        }
        Path loop = Path.of(attached.output().strip());
        try {
            TrackedDevice device = probe.probe(loop);
            try (Tracker tracker = trackers.start(device, Granularity.DEFAULT);
                    FileChannel channel = FileChannel.open(loop, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                check(loop, tracker, channel);
            } finally {
                trackers.stop(device.name());
            }
        } finally {
            command("losetup", "--detach", loop.toString());
        }
    }

    private void check(Path loop, Tracker tracker, FileChannel channel) throws TrackingException, IOException {
        expect("a read leaves no mark", tracker, ExtentSet.empty(), () -> read(channel));
        expect("a write is marked at its place and nowhere else", tracker, ExtentSet.of(KNOWN), () -> write(channel));
        TrackerFigures figures = tracker.figures();
        if (figures.queueMarks() == 0 || figures.completeMarks() == 0) {
            throw failed(
                    "a write was seen " + figures.queueMarks() + " times on submission and " + figures.completeMarks()
                            + " times on completion",
                    null);
        }
        proven.add("a write is seen on submission and on completion");
        String[] discard = {
            "blkdiscard",
            "--offset",
            Long.toString(DISCARDED.offset()),
            "--length",
            Long.toString(DISCARDED.length()),
            loop.toString()
        };
        if (command(discard).succeeded()) {
            ExtentSet found = tracker.drain();
            if (!found.equals(ExtentSet.of(DISCARDED))) {
                throw failed("a discard of " + DISCARDED + " was marked as " + found, null);
            }
            proven.add("a discard is marked");
        }
        List<String> doubts = tracker.doubtsOfEpoch();
        if (!doubts.isEmpty()) {
            throw failed(String.join(", ", doubts), null);
        }
    }

    @FunctionalInterface
    private interface Action {
        void run() throws IOException;
    }

    private void expect(String what, Tracker tracker, ExtentSet marks, Action action)
            throws TrackingException, IOException {
        tracker.drain();
        action.run();
        ExtentSet found = tracker.drain();
        if (!found.equals(marks)) {
            throw failed("expected that " + what + ", and found " + found + " marked", null);
        }
        proven.add(what);
    }

    private static void read(FileChannel channel) throws IOException {
        channel.read(ByteBuffer.allocate(1 << 20), 2L << 20);
    }

    private static void write(FileChannel channel) throws IOException {
        ByteBuffer block = ByteBuffer.allocate((int) KNOWN.length());
        while (block.hasRemaining()) {
            block.put((byte) 'U');
        }
        block.flip();
        while (block.hasRemaining()) {
            channel.write(block, KNOWN.offset() + block.position());
        }
        channel.force(true);
    }

    private CommandResult command(String... argv) throws TrackingException {
        try {
            return commands.run(Command.of(argv));
        } catch (ProblemException e) {
            throw failed(e.problem().english(), e);
        }
    }

    private static TrackingException failed(String reason, @org.jspecify.annotations.Nullable Exception cause) {
        return TrackingException.unavailable(
                "this host", "the self-test failed: " + reason, "Runs compare all used blocks instead.", cause);
    }
}
