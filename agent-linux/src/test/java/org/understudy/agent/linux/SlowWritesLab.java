package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.agent.linux.bpf.Bpf;
import org.understudy.agent.linux.bpf.KernelObject;
import org.understudy.agent.linux.tracking.DeviceProbe;
import org.understudy.agent.linux.tracking.Granularity;
import org.understudy.agent.linux.tracking.TrackedDevice;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * Writes that are on their way for a long time while the marks are drained and what is marked is copied, again and again. A tracker that
 * marks only when a write is submitted copies before the data arrives and never comes back to it; here every block is written only once, so that
 * no later write hides that.
 */
@Tag("kernels")
class SlowWritesLab {

    private static final int DRAINS = 8;
    private static final int WRITES_BETWEEN = 60;

    @ParameterizedTest
    @EnumSource(MadeDevice.SlowKind.class)
    void aWriteThatArrivesAfterADrainIsMarkedAgain(MadeDevice.SlowKind kind, TestReporter reporter) throws Exception {
        LabMachine.assumeWanted(kind);
        Path directory = LabMachine.scratch("slow-" + kind);
        try (MadeDevice made = MadeDevice.slow(kind);
                PinDirectory pins = new PinDirectory(directory);
                Tracker tracker = start(pins, made.device());
                DirectDiskReader reader = DirectDiskReader.open(made.device())) {
            SkippedBio skipped = SkippedBio.of(tracker, pins);
            Path inFlight = Path.of("/sys/class/block", made.diskName(), "inflight");
            byte[] replica = new byte[(int) reader.sizeBytes()];
            copy(reader, ExtentSet.of(new Extent(0, replica.length)), replica);
            tracker.drain();
            skipped.drained();
            int beside = 0;
            long twice = 0;
            int afterSkips = 0;
            RunningProcess writer = writer(made.device(), directory);
            try {
                ExtentSet before = ExtentSet.empty();
                for (int drain = 0; drain < DRAINS; drain++) {
                    long marks = tracker.figures().queueMarks();
                    await().atMost(Duration.ofSeconds(120))
                            .until(() -> tracker.figures().queueMarks() >= marks + WRITES_BETWEEN);
                    beside += writesIn(inFlight) > 0 ? 1 : 0;
                    boolean expected = skipped.mustBeInTheNextDrain();
                    ExtentSet written = tracker.drain();
                    skipped.drained();
                    if (expected) {
                        afterSkips++;
                        assertThat(SkippedBio.RANGE.subtract(written))
                                .as("of the bio whose completion was skipped, in a drain after a skip")
                                .isEqualTo(ExtentSet.empty());
                    }
                    copy(reader, written, replica);
                    twice +=
                            before.intersect(written).subtract(SkippedBio.RANGE).totalBytes();
                    before = written;
                }
                assertThat(writer.isAlive()).as("the writer is still writing").isTrue();
            } finally {
                writer.close();
            }
            assertThat(writer.awaitExit(Duration.ofSeconds(120))).isTrue();
            copy(reader, tracker.drain(), replica);

            byte[] now = new byte[replica.length];
            copy(reader, ExtentSet.of(new Extent(0, now.length)), now);
            int wrong = 0;
            for (int at = 0; at < now.length; at += 4096) {
                wrong += Arrays.equals(now, at, at + 4096, replica, at, at + 4096) ? 0 : 1;
            }
            reporter.publishEntry(LabMachine.figures(
                    "kind",
                    kind,
                    "drains",
                    DRAINS,
                    "drainsWithWritesInFlight",
                    beside,
                    "markedInTwoEpochsKiB",
                    twice >> 10,
                    "granularity",
                    tracker.granularity().bytes(),
                    "wrong4KiBBlocks",
                    wrong,
                    "skips",
                    tracker.figures().queueMisses() + "/" + tracker.figures().completeMisses(),
                    "drainsWithTheSkippedBio",
                    afterSkips,
                    "takenInFlight",
                    tracker.figures().takenInFlight(),
                    "reused",
                    tracker.figures().reused(),
                    "unkeyed",
                    tracker.figures().unkeyed(),
                    "verifiedInstructions",
                    tracker.figures().queueVerified() + "/" + tracker.figures().completeVerified(),
                    "doubts",
                    String.join("; ", tracker.doubtsOfEpoch())));
            assertThat(beside).as("drains beside writes in flight").isPositive();
            assertThat(twice)
                    .as("bytes marked when they were submitted and again, after a drain, when they arrived")
                    .isPositive();
            assertThat(wrong).as("4 KiB blocks of the copy that are wrong").isZero();
            assertThat(tracker.doubtsOfEpoch()).isEmpty();
        }
    }

    /** A bio that is remembered and of which no completion will be seen, as if the kernel had skipped it. On bio-based devices only. */
    private static final class SkippedBio {

        /** Whole granules of any size. */
        static final ExtentSet RANGE = ExtentSet.of(new Extent(0, 1 << 20));

        private static final long NO_BIO = 0x1234_5678_9abcL;

        private final Tracker tracker;
        private final boolean remembered;
        private long skipsBefore;

        private SkippedBio(Tracker tracker, boolean remembered) throws IOException {
            this.tracker = tracker;
            this.remembered = remembered;
            skipsBefore = tracker.figures().completeMisses();
        }

        static SkippedBio of(Tracker tracker, PinDirectory pins) throws IOException {
            boolean bios = !tracker.device().requestBased();
            if (bios) {
                Path pin = pins.pins().resolve(tracker.device().name()).resolve("flight");
                try (KernelObject map = Bpf.open(pin)) {
                    Bpf.put(map, new Bpf.Entry(NO_BIO, new long[] {0, 1 << 20, System.nanoTime()}));
                }
            }
            return new SkippedBio(tracker, bios);
        }

        /** Says that a drain has ended just now. */
        void drained() throws IOException {
            skipsBefore = tracker.figures().completeMisses();
        }

        /** Whether a completion was skipped since the last drain, or the kernel does not count them. */
        boolean mustBeInTheNextDrain() throws IOException {
            long skips = tracker.figures().completeMisses();
            return remembered && (skips < 0 || skips > skipsBefore);
        }
    }

    /** As fine as this kernel's form of marks can be, so that neighbours hide nothing. */
    private static Tracker start(PinDirectory pins, Path device) throws TrackingException {
        TrackedDevice tracked = new DeviceProbe(Path.of("/sys"), new ProcessCommandRunner()).probe(device);
        try {
            return pins.trackers().start(tracked, new Granularity(4096));
        } catch (TrackingException e) {
            return pins.trackers().start(tracked, new Granularity(32 << 10));
        }
    }

    /** Writes each block once, in random order, 64 at a time. */
    private static RunningProcess writer(Path device, Path logs) {
        return new ProcessCommandRunner()
                .start(
                        Command.of(
                                "fio",
                                "--name=slow",
                                "--ioengine=libaio",
                                "--direct=1",
                                "--rw=randwrite",
                                "--bs=4k",
                                "--iodepth=64",
                                "--refill_buffers",
                                "--filename=" + device),
                        logs.resolve("fio-slow.log"));
    }

    private static long writesIn(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip().split("\\s+", -1)[1]);
    }

    private static void copy(DirectDiskReader from, ExtentSet what, byte[] to) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect((1 << 20) + 4096).alignedSlice(4096);
        for (Extent extent : what.extents()) {
            for (long at = extent.offset(); at < extent.end(); at += 1 << 20) {
                piece.clear().limit((int) Math.min(1 << 20, extent.end() - at));
                from.read(at, piece);
                piece.flip();
                piece.get(to, (int) at, piece.remaining());
            }
        }
    }
}
